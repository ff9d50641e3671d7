// Package peer is what the Go client programs share: how they are asked and how they answer (see peer_scene.py).
package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

// Patience is how long a client is waited for.
const Patience = 60 * time.Second

var (
	Bootstrap = os.Getenv("PEER_BOOTSTRAP")
	Registry  = os.Getenv("PEER_REGISTRY")
	Username  = os.Getenv("PEER_USERNAME")
	Password  = os.Getenv("PEER_PASSWORD")
)

// Body is a record's value: a text, nothing, or {"size": n}: so many x.
type Body []byte

func (b *Body) UnmarshalJSON(text []byte) error {
	var size struct{ Size int }
	var value *string
	if json.Unmarshal(text, &size) == nil && size.Size > 0 {
		*b = []byte(strings.Repeat("x", size.Size))
		return nil
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	*b = nil
	if value != nil {
		*b = append([]byte{}, *value...)
	}
	return nil
}

// Seen is the same back, long ones by their size.
func Seen(content []byte) any {
	switch {
	case content == nil:
		return nil
	case len(content) > 10000:
		return map[string]int{"size": len(content)}
	}
	return string(content)
}

// Record is one to send.
type Record struct {
	Key, Value Body
	Headers    [][2]string
	Partition  *int32
	Timestamp  *int64
}

// Arguments are those of all verbs.
type Arguments struct {
	Topic, Group, Compression, Name, Value, Strategy string
	Partitions, Total, Partition                     int32
	Replicas                                         int16
	Count, Limit                                     int
	Timestamp, Before                                int64
	Settings                                         map[string]*string
	Records                                          []Record
}

// Answer is what a verb saw.
type Answer map[string]any

// Got is a record as it came.
func Got(partition int32, offset int64, key, value []byte, headers [][2]any) Answer {
	if headers == nil {
		headers = [][2]any{}
	}
	return Answer{"partition": partition, "offset": offset, "key": Seen(key), "value": Seen(value), "headers": headers}
}

// Run does the verb of the command line.
func Run(verbs map[string]func(Arguments) (Answer, error)) {
	var arguments Arguments
	if err := json.Unmarshal([]byte(os.Args[2]), &arguments); err != nil {
		panic(err)
	}
	verb, known := verbs[os.Args[1]]
	if !known {
		panic("no verb " + os.Args[1])
	}
	answer, err := verb(arguments)
	if err != nil {
		answer = Answer{"error": err.Error()}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

// Share is the partitions that a member of a group holds; the client's threads change it.
type Share struct {
	lock sync.Mutex
	held map[int32]bool
}

func (s *Share) Take(partitions []int32) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.held == nil {
		s.held = map[int32]bool{}
	}
	for _, partition := range partitions {
		s.held[partition] = true
	}
}

func (s *Share) Give(partitions []int32) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, partition := range partitions {
		delete(s.held, partition)
	}
}

func (s *Share) Held() []int32 {
	s.lock.Lock()
	defer s.lock.Unlock()
	held := []int32{}
	for partition := range s.held {
		held = append(held, partition)
	}
	sort.Slice(held, func(i, j int) bool { return held[i] < held[j] })
	return held
}

// Join makes a member; the function it gives makes it leave.
type Join func(share *Share) (leave func(), err error)

// Rebalance has a member alone, then two, then the second alone.
func Rebalance(total int, join Join) (Answer, error) {
	var first, second Share
	shares := [][][]int32{}
	hold := func(enough func() bool, members ...*Share) error {
		for end := time.Now().Add(Patience); !enough(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				return fmt.Errorf("after %v the members hold %v", shares, [][]int32{first.Held(), second.Held()})
			}
		}
		held := [][]int32{}
		for _, member := range members {
			held = append(held, member.Held())
		}
		shares = append(shares, held)
		return nil
	}
	leaveFirst, err := join(&first)
	if err != nil {
		return nil, err
	}
	if err := hold(func() bool { return len(first.Held()) == total }, &first); err != nil {
		return nil, err
	}
	leaveSecond, err := join(&second)
	if err != nil {
		return nil, err
	}
	both := func() bool {
		one, other := len(first.Held()), len(second.Held())
		return one > 0 && other > 0 && one+other == total
	}
	if err := hold(both, &first, &second); err != nil {
		return nil, err
	}
	leaveFirst()
	if err := hold(func() bool { return len(second.Held()) == total }, &second); err != nil {
		return nil, err
	}
	leaveSecond()
	return Answer{"shares": shares}, nil
}
