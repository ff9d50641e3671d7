// sarama: a verb and its arguments in, what the client saw out (see peer_scene.py).
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"fraudscope/peers/peer"

	"github.com/IBM/sarama"
)

func config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Admin.Timeout = peer.Patience
	config.Consumer.MaxWaitTime = 50 * time.Millisecond // of a fetch, behind which commits stand in line
	if peer.Username != "" {
		config.Net.SASL.Enable, config.Net.SASL.Mechanism = true, sarama.SASLTypePlaintext
		config.Net.SASL.User, config.Net.SASL.Password = peer.Username, peer.Password
	}
	return config
}

func brokers() []string { return []string{peer.Bootstrap} }

// admin makes a verb of work with an admin client.
func admin(work func(sarama.ClusterAdmin, peer.Arguments) (peer.Answer, error)) func(peer.Arguments) (peer.Answer, error) {
	return func(arguments peer.Arguments) (peer.Answer, error) {
		admin, err := sarama.NewClusterAdmin(brokers(), config())
		if err != nil {
			return nil, err
		}
		defer admin.Close()
		return work(admin, arguments)
	}
}

func create(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	return peer.Answer{}, admin.CreateTopic(a.Topic, &sarama.TopicDetail{NumPartitions: a.Partitions, ReplicationFactor: a.Replicas,
		ConfigEntries: a.Settings}, false)
}

func topics(admin sarama.ClusterAdmin, _ peer.Arguments) (peer.Answer, error) {
	found, err := admin.ListTopics()
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return peer.Answer{"topics": names}, err
}

func partitions(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	found, err := admin.DescribeTopics([]string{a.Topic})
	if err != nil {
		return nil, err
	}
	if found[0].Err != sarama.ErrNoError {
		return nil, found[0].Err
	}
	return peer.Answer{"partitions": len(found[0].Partitions)}, nil
}

var compressions = map[string]sarama.CompressionCodec{"": sarama.CompressionNone, "none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}

func produce(a peer.Arguments) (peer.Answer, error) {
	config := config()
	config.Producer.Return.Successes = true
	config.Producer.Idempotent, config.Producer.RequiredAcks, config.Net.MaxOpenRequests = true, sarama.WaitForAll, 1
	config.Producer.Compression = compressions[a.Compression]
	if a.Limit > 0 {
		config.Producer.MaxMessageBytes = a.Limit
	}
	var messages []*sarama.ProducerMessage
	for _, wanted := range a.Records {
		message := &sarama.ProducerMessage{Topic: a.Topic}
		if wanted.Key != nil {
			message.Key = sarama.ByteEncoder(wanted.Key)
		}
		if wanted.Value != nil {
			message.Value = sarama.ByteEncoder(wanted.Value)
		}
		for _, header := range wanted.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
		if wanted.Timestamp != nil {
			message.Timestamp = time.UnixMilli(*wanted.Timestamp)
		}
		if wanted.Partition != nil {
			message.Partition = *wanted.Partition
			config.Producer.Partitioner = sarama.NewManualPartitioner
		}
		messages = append(messages, message)
	}
	config.Producer.Flush.Messages, config.Producer.Flush.Frequency = len(messages), 50*time.Millisecond
	producer, err := sarama.NewSyncProducer(brokers(), config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	var failed sarama.ProducerErrors
	if err := producer.SendMessages(messages); errors.As(err, &failed) {
		return nil, failed[0].Err
	} else if err != nil {
		return nil, err
	}
	offsets := []int64{}
	for _, message := range messages {
		offsets = append(offsets, message.Offset)
	}
	return peer.Answer{"offsets": offsets}, nil
}

// member is a session of a group: it tells what it holds and keeps what it read.
type member struct {
	topic   string
	share   *peer.Share
	lock    sync.Mutex
	count   int
	records []peer.Answer
	done    context.CancelFunc
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.share.Take(session.Claims()[m.topic])
	return nil
}

func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	m.share.Give(session.Claims()[m.topic])
	return nil
}

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case <-session.Context().Done():
			return nil
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.take(session, message)
		}
	}
}

func (m *member) take(session sarama.ConsumerGroupSession, message *sarama.ConsumerMessage) {
	headers := [][2]any{}
	for _, header := range message.Headers {
		headers = append(headers, [2]any{string(header.Key), peer.Seen(header.Value)})
	}
	session.MarkMessage(message, "")
	m.lock.Lock()
	defer m.lock.Unlock()
	m.records = append(m.records, peer.Got(message.Partition, message.Offset, message.Key, message.Value, headers))
	if m.count > 0 && len(m.records) == m.count {
		session.Commit()
		m.done()
	}
}

// join consumes until the member leaves.
func join(ctx context.Context, group string, config *sarama.Config, member *member) (func(), error) {
	consumer, err := sarama.NewConsumerGroup(brokers(), group, config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	member.done = cancel
	ended := make(chan bool)
	go func() {
		for ctx.Err() == nil && consumer.Consume(ctx, []string{member.topic}, member) == nil {
		}
		close(ended)
	}()
	return func() {
		cancel()
		<-ended
		consumer.Close()
	}, nil
}

func consume(a peer.Arguments) (peer.Answer, error) {
	config := config()
	config.Consumer.Offsets.Initial, config.Consumer.Offsets.AutoCommit.Enable = sarama.OffsetOldest, false
	if a.Isolation == "read_committed" {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	ctx, cancel := context.WithTimeout(context.Background(), peer.Patience)
	defer cancel()
	member := &member{topic: a.Topic, share: &peer.Share{}, count: a.Count, records: []peer.Answer{}}
	leave, err := join(ctx, a.Group, config, member)
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		member.lock.Lock()
		enough := len(member.records) >= a.Count
		member.lock.Unlock()
		if enough {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	leave()
	return peer.Answer{"records": member.records}, nil
}

var strategies = map[string]func() sarama.BalanceStrategy{"range": sarama.NewBalanceStrategyRange, "roundrobin": sarama.NewBalanceStrategyRoundRobin,
	"sticky": sarama.NewBalanceStrategySticky}

func rebalance(a peer.Arguments) (peer.Answer, error) {
	return peer.Rebalance(4, func(share *peer.Share) (func(), error) {
		config := config()
		config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategies[a.Strategy]()}
		return join(context.Background(), a.Group, config, &member{topic: a.Topic, share: share})
	})
}

func static(a peer.Arguments) (peer.Answer, error) {
	return peer.Static(4, func(share *peer.Share, name string) (func(), error) {
		config := config()
		config.Consumer.Group.Heartbeat.Interval, config.Consumer.Group.InstanceId = 300*time.Millisecond, name
		return join(context.Background(), a.Group, config, &member{topic: a.Topic, share: share})
	})
}

// steps is a member that gives its records to who asks for them.
type steps struct{ found chan *peer.Step }

func (*steps) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*steps) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (s *steps) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		commit := func() error { // what it was refused with comes by another way
			session.MarkMessage(message, "")
			session.Commit()
			return session.Context().Err()
		}
		select {
		case <-session.Context().Done():
			return nil
		case s.found <- &peer.Step{Partition: message.Partition, Offset: message.Offset + 1, Commit: commit}:
		}
	}
	return nil
}

func commitsInFlight(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	ends := map[int32]int64{}
	for partition := range int32(4) {
		end, err := listed(admin, a.Topic, partition, sarama.OffsetNewest)
		if err != nil {
			return nil, err
		}
		ends[partition] = end
	}
	return peer.InFlight(ends, func() (peer.Reader, error) {
		config := config()
		config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
		config.Consumer.Offsets.Initial, config.Consumer.Offsets.AutoCommit.Enable = sarama.OffsetOldest, false
		config.Consumer.Return.Errors, config.Consumer.MaxWaitTime = true, 5*time.Millisecond
		consumer, err := sarama.NewConsumerGroup(brokers(), a.Group, config)
		if err != nil {
			return peer.Reader{}, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		member := &steps{make(chan *peer.Step)}
		go func() { // some rebalances end a session with an error; then the next begins
			for ctx.Err() == nil {
				if err := consumer.Consume(ctx, []string{a.Topic}, member); err != nil && ctx.Err() == nil {
					member.found <- &peer.Step{Commit: func() error { return err }}
				}
			}
		}()
		next := func() *peer.Step {
			select {
			case step := <-member.found:
				return step
			case err := <-consumer.Errors():
				return &peer.Step{Commit: func() error { return err }}
			case <-time.After(20 * time.Millisecond):
				return nil
			}
		}
		leave := func() {
			cancel()
			consumer.Close()
		}
		return peer.Reader{Next: next, Leave: leave}, nil
	})
}

func positions(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	found, err := admin.ListConsumerGroupOffsets(a.Group, map[string][]int32{a.Topic: {0}})
	if err != nil {
		return nil, err
	}
	block := found.GetBlock(a.Topic, 0)
	if block == nil || block.Err != sarama.ErrNoError {
		return nil, fmt.Errorf("no offset: %v", block)
	}
	end, err := listed(admin, a.Topic, 0, sarama.OffsetNewest)
	return peer.Answer{"committed": map[string]int64{"0": block.Offset}, "end": map[string]int64{"0": end}}, err
}

func listed(admin sarama.ClusterAdmin, topic string, partition int32, moment int64) (int64, error) {
	found, err := admin.ListOffsets(map[string]map[int32]int64{topic: {partition: moment}}, nil)
	if err != nil {
		return 0, err
	}
	result := found[topic][partition]
	if result == nil {
		return 0, errors.New("no offset in the answer")
	}
	if result.Err != sarama.ErrNoError { // sarama's word for none, which is no nil
		return 0, result.Err
	}
	return result.Offset, nil
}

func bounds(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	begin, err := listed(admin, a.Topic, a.Partition, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	end, err := listed(admin, a.Topic, a.Partition, sarama.OffsetNewest)
	return peer.Answer{"begin": begin, "end": end}, err
}

func offsetAt(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	offset, err := listed(admin, a.Topic, a.Partition, a.Timestamp)
	return peer.Answer{"offset": offset}, err
}

func settings(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: a.Topic})
	values := map[string]string{}
	for _, entry := range entries {
		values[entry.Name] = entry.Value
	}
	return peer.Answer{"settings": values}, err
}

func alter(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	change := map[string]sarama.IncrementalAlterConfigsEntry{a.Name: {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &a.Value}}
	return peer.Answer{}, admin.IncrementalAlterConfig(sarama.TopicResource, a.Topic, change, false)
}

func addPartitions(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	return peer.Answer{}, admin.CreatePartitions(a.Topic, a.Total, nil, false)
}

func deleteRecords(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	return peer.Answer{}, admin.DeleteRecords(a.Topic, map[int32]int64{a.Partition: a.Before})
}

func groups(admin sarama.ClusterAdmin, _ peer.Arguments) (peer.Answer, error) {
	found, err := admin.ListConsumerGroups()
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return peer.Answer{"groups": names}, err
}

func describeGroup(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	found, err := admin.DescribeConsumerGroups([]string{a.Group})
	if err != nil {
		return nil, err
	}
	return peer.Answer{"state": strings.ToUpper(found[0].State), "members": len(found[0].Members)}, nil
}

func deleteGroup(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	return peer.Answer{}, admin.DeleteConsumerGroup(a.Group)
}

func deleteTopic(admin sarama.ClusterAdmin, a peer.Arguments) (peer.Answer, error) {
	return peer.Answer{}, admin.DeleteTopic(a.Topic)
}

func transaction(peer.Arguments) (peer.Answer, error) {
	config := config()
	config.Producer.Return.Successes = true
	config.Producer.Idempotent, config.Producer.RequiredAcks, config.Net.MaxOpenRequests = true, sarama.WaitForAll, 1
	config.Producer.Transaction.ID = "t"
	producer, err := sarama.NewSyncProducer(brokers(), config)
	if err != nil {
		return nil, err
	}
	return peer.Answer{}, producer.BeginTxn()
}

func main() {
	peer.Run(map[string]func(peer.Arguments) (peer.Answer, error){
		"create": admin(create), "topics": admin(topics), "partitions": admin(partitions), "produce": produce, "consume": consume,
		"rebalance": rebalance, "static": static, "commits_in_flight": admin(commitsInFlight), "positions": admin(positions), "bounds": admin(bounds), "offset_at": admin(offsetAt), "settings": admin(settings),
		"alter": admin(alter), "add_partitions": admin(addPartitions), "delete_records": admin(deleteRecords), "groups": admin(groups),
		"describe_group": admin(describeGroup), "delete_group": admin(deleteGroup), "delete_topic": admin(deleteTopic), "transaction": transaction,
	})
}
