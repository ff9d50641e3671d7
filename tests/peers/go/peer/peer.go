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

// Header has a name, and a value or none.
type Header struct {
	Name  string
	Value Body
}

func (h *Header) UnmarshalJSON(text []byte) error {
	pair := []any{&h.Name, &h.Value}
	return json.Unmarshal(text, &pair)
}

// Record is one to send.
type Record struct {
	Key, Value Body
	Headers    []Header
	Partition  *int32
	Timestamp  *int64
}

// Arguments are those of all verbs.
type Arguments struct {
	Topic, Group, Compression, Name, Value, Strategy, Isolation string
	Partitions, Total, Partition                                int32
	Replicas                                                    int16
	Count, Limit                                                int
	Timestamp, Before                                           int64
	Settings                                                    map[string]*string
	Records                                                     []Record
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
	told [][]int32 // what it was told to take and to give
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
	s.told = append(s.told, partitions)
}

func (s *Share) Give(partitions []int32) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, partition := range partitions {
		delete(s.held, partition)
	}
	s.told = append(s.told, partitions)
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

// Told gives what the member was told since it was asked last.
func (s *Share) Told() [][]int32 {
	s.lock.Lock()
	defer s.lock.Unlock()
	told := append([][]int32{}, s.told...)
	s.told = nil
	return told
}

// hold waits for what is expected and gives what the members hold.
func hold(enough func() bool, members ...*Share) ([][]int32, error) {
	held := [][]int32{}
	for end := time.Now().Add(Patience); !enough(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return nil, fmt.Errorf("the first of the members holds %v", members[0].Held())
		}
	}
	for _, member := range members {
		held = append(held, member.Held())
	}
	return held, nil
}

func alone(member *Share, total int) func() bool {
	return func() bool { return len(member.Held()) == total }
}

func shared(first, second *Share, total int) func() bool {
	return func() bool {
		one, other := len(first.Held()), len(second.Held())
		return one > 0 && other > 0 && one+other == total
	}
}

// Rebalance has a member alone, then two, then the second alone.
func Rebalance(total int, join Join) (Answer, error) {
	var first, second Share
	leaveFirst, err := join(&first)
	if err != nil {
		return nil, err
	}
	one, err := hold(alone(&first, total), &first)
	if err != nil {
		return nil, err
	}
	leaveSecond, err := join(&second)
	if err != nil {
		return nil, err
	}
	both, err := hold(shared(&first, &second, total), &first, &second)
	if err != nil {
		return nil, err
	}
	leaveFirst()
	last, err := hold(alone(&second, total), &second)
	if err != nil {
		return nil, err
	}
	leaveSecond()
	return Answer{"shares": [][][]int32{one, both, last}}, nil
}

// Static has two members with names; the second ends and comes again, and has what it had. What the first was told meanwhile.
func Static(total int, join func(share *Share, name string) (leave func(), err error)) (Answer, error) {
	var first, second, again Share
	leaveFirst, err := join(&first, "a")
	if err != nil {
		return nil, err
	}
	if _, err = hold(alone(&first, total), &first); err != nil {
		return nil, err
	}
	leaveSecond, err := join(&second, "b")
	if err != nil {
		return nil, err
	}
	before, err := hold(shared(&first, &second, total), &first, &second)
	if err != nil {
		return nil, err
	}
	first.Told()
	leaveSecond()
	leaveAgain, err := join(&again, "b")
	if err != nil {
		return nil, err
	}
	after, err := hold(alone(&again, len(before[1])), &first, &again)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Second) // some heartbeats
	told := first.Told()
	leaveFirst()
	leaveAgain()
	return Answer{"before": before, "after": after, "told": append([][]int32{}, told...)}, nil
}

// Step is a record that a member read, and how it is committed.
type Step struct {
	Partition int32
	Offset    int64 // behind it
	Commit    func() error
}

// Reader is a member that is asked for one record after the other; nil: none came soon.
type Reader struct {
	Next  func() *Step
	Leave func()
}

// InFlight has two members commit each record that they read; the second comes and goes meanwhile. What commits were refused with, the
// offsets that were taken, and how many each member had.
func InFlight(ends map[int32]int64, join func() (Reader, error)) (Answer, error) {
	errors, stored, counts := map[string]bool{}, map[int32]int64{}, [2]int{}
	first, err := join()
	if err != nil {
		return nil, err
	}
	members := []Reader{first}
	for end := time.Now().Add(Patience); !same(stored, ends) && time.Now().Before(end); {
		for number, member := range members {
			if step := member.Next(); step != nil {
				if err := step.Commit(); err != nil {
					errors[err.Error()] = true
				} else {
					stored[step.Partition] = step.Offset
					counts[number]++
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		if len(members) == 1 && counts[0] > 20 && counts[1] == 0 {
			second, err := join()
			if err != nil {
				return nil, err
			}
			members = append(members, second)
		} else if len(members) == 2 && counts[1] > 40 {
			members[1].Leave()
			members = members[:1]
		}
	}
	for _, member := range members {
		member.Leave()
	}
	names := []string{}
	for name := range errors {
		names = append(names, name)
	}
	return Answer{"errors": names, "stored": stored, "counts": counts}, nil
}

func same(one, other map[int32]int64) bool {
	for partition, offset := range other {
		if one[partition] != offset {
			return false
		}
	}
	return true
}
