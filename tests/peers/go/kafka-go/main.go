// segmentio/kafka-go: a verb and its arguments in, what the client saw out (see peer_scene.py).
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fraudscope/peers/peer"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"
)

var (
	ctx, _    = context.WithTimeout(context.Background(), 2*peer.Patience)
	transport = &kafka.Transport{}
	dialer    = &kafka.Dialer{Timeout: peer.Patience}
	client    = &kafka.Client{Addr: kafka.TCP(peer.Bootstrap), Timeout: peer.Patience, Transport: transport}
)

// asked makes a verb of one request whose answer has an error for the thing that was asked for.
func asked(work func(peer.Arguments) (peer.Answer, map[string]error, error)) func(peer.Arguments) (peer.Answer, error) {
	return func(arguments peer.Arguments) (peer.Answer, error) {
		answer, failed, err := work(arguments)
		if err != nil {
			return nil, err
		}
		for _, err := range failed {
			if err != nil {
				return nil, err
			}
		}
		if answer == nil {
			answer = peer.Answer{}
		}
		return answer, nil
	}
}

func create(a peer.Arguments) (peer.Answer, map[string]error, error) {
	topic := kafka.TopicConfig{Topic: a.Topic, NumPartitions: int(a.Partitions), ReplicationFactor: int(a.Replicas)}
	for name, value := range a.Settings {
		topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: *value})
	}
	made, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
	if err != nil {
		return nil, nil, err
	}
	return nil, made.Errors, nil
}

func topics(peer.Arguments) (peer.Answer, error) {
	found, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, topic := range found.Topics {
		names = append(names, topic.Name)
	}
	return peer.Answer{"topics": names}, nil
}

func partitions(a peer.Arguments) (peer.Answer, error) {
	found, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{a.Topic}})
	if err != nil {
		return nil, err
	}
	return peer.Answer{"partitions": len(found.Topics[0].Partitions)}, found.Topics[0].Error
}

var compressions = map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}

func first(kafka.Message, ...int) int { return 0 }

func produce(a peer.Arguments) (peer.Answer, error) {
	writer := &kafka.Writer{Addr: client.Addr, Topic: a.Topic, Transport: transport, RequiredAcks: kafka.RequireAll, BatchTimeout: 20 * time.Millisecond,
		BatchSize: len(a.Records), Compression: compressions[a.Compression], BatchBytes: 10 << 20, Balancer: kafka.BalancerFunc(first), MaxAttempts: 2}
	defer writer.Close()
	var messages []kafka.Message
	for _, wanted := range a.Records {
		message := kafka.Message{Key: wanted.Key, Value: wanted.Value}
		for _, header := range wanted.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: header.Value})
		}
		if wanted.Timestamp != nil {
			message.Time = time.UnixMilli(*wanted.Timestamp)
		}
		if wanted.Partition != nil {
			place := int(*wanted.Partition)
			writer.Balancer = kafka.BalancerFunc(func(kafka.Message, ...int) int { return place })
		}
		messages = append(messages, message)
	}
	err := writer.WriteMessages(ctx, messages...)
	var failed kafka.WriteErrors
	if errors.As(err, &failed) {
		err = failed[0]
	}
	return peer.Answer{}, err
}

func reader(a peer.Arguments, more func(*kafka.ReaderConfig)) *kafka.Reader {
	config := kafka.ReaderConfig{Brokers: []string{peer.Bootstrap}, GroupID: a.Group, Topic: a.Topic, Dialer: dialer, StartOffset: kafka.FirstOffset,
		MaxWait: 200 * time.Millisecond, MaxBytes: 10 << 20}
	if more != nil {
		more(&config)
	}
	return kafka.NewReader(config)
}

func consume(a peer.Arguments) (peer.Answer, error) {
	reader := reader(a, nil)
	defer reader.Close()
	records := []peer.Answer{}
	waits, done := context.WithTimeout(ctx, peer.Patience)
	defer done()
	for len(records) < a.Count {
		message, err := reader.FetchMessage(waits)
		if err != nil {
			return nil, fmt.Errorf("after %d records: %w", len(records), err)
		}
		headers := [][2]any{}
		for _, header := range message.Headers {
			headers = append(headers, [2]any{header.Key, peer.Seen(header.Value)})
		}
		records = append(records, peer.Got(int32(message.Partition), message.Offset, message.Key, message.Value, headers))
		if err := reader.CommitMessages(waits, message); err != nil {
			return nil, err
		}
	}
	return peer.Answer{"records": records}, nil
}

var balancers = map[string]kafka.GroupBalancer{"range": kafka.RangeGroupBalancer{}, "roundrobin": kafka.RoundRobinGroupBalancer{}}

// rebalance joins by hand: a reader does not tell what it holds.
func rebalance(a peer.Arguments) (peer.Answer, error) {
	return peer.Rebalance(4, func(share *peer.Share) (func(), error) {
		group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{ID: a.Group, Brokers: []string{peer.Bootstrap}, Dialer: dialer,
			Topics: []string{a.Topic}, HeartbeatInterval: 300 * time.Millisecond, GroupBalancers: []kafka.GroupBalancer{balancers[a.Strategy]}})
		if err != nil {
			return nil, err
		}
		go follow(group, a.Topic, share)
		return func() { group.Close() }, nil
	})
}

func follow(group *kafka.ConsumerGroup, topic string, share *peer.Share) {
	for {
		generation, err := group.Next(ctx)
		if errors.Is(err, kafka.ErrGroupClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			continue
		}
		held := []int32{}
		for _, place := range generation.Assignments[topic] {
			held = append(held, int32(place.ID))
		}
		share.Take(held)
		generation.Start(func(over context.Context) {
			<-over.Done()
			share.Give(held)
		})
	}
}

func listed(a peer.Arguments, wanted ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
	found, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{a.Topic: wanted}})
	if err != nil {
		return kafka.PartitionOffsets{}, err
	}
	return found.Topics[a.Topic][0], found.Topics[a.Topic][0].Error
}

func positions(a peer.Arguments) (peer.Answer, error) {
	found, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: a.Group, Topics: map[string][]int{a.Topic: {0}}})
	if err != nil {
		return nil, err
	}
	ends, err := listed(a, kafka.LastOffsetOf(0))
	return peer.Answer{"committed": map[string]int64{"0": found.Topics[a.Topic][0].CommittedOffset}, "end": map[string]int64{"0": ends.LastOffset}}, err
}

func bounds(a peer.Arguments) (peer.Answer, error) {
	ends, err := listed(a, kafka.FirstOffsetOf(int(a.Partition)), kafka.LastOffsetOf(int(a.Partition)))
	return peer.Answer{"begin": ends.FirstOffset, "end": ends.LastOffset}, err
}

func offsetAt(a peer.Arguments) (peer.Answer, error) {
	found, err := listed(a, kafka.TimeOffsetOf(int(a.Partition), time.UnixMilli(a.Timestamp)))
	for offset := range found.Offsets {
		return peer.Answer{"offset": offset}, err
	}
	return nil, errors.Join(err, errors.New("no offset in the answer"))
}

func settings(a peer.Arguments) (peer.Answer, error) {
	found, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: a.Topic}}})
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, entry := range found.Resources[0].ConfigEntries {
		values[entry.ConfigName] = entry.ConfigValue
	}
	return peer.Answer{"settings": values}, found.Resources[0].Error
}

func alter(a peer.Arguments) (peer.Answer, error) {
	change := kafka.IncrementalAlterConfigsRequestConfig{Name: a.Name, Value: a.Value, ConfigOperation: kafka.ConfigOperationSet}
	done, err := client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: a.Topic, Configs: []kafka.IncrementalAlterConfigsRequestConfig{change}}}})
	if err != nil {
		return nil, err
	}
	return peer.Answer{}, done.Resources[0].Error
}

func addPartitions(a peer.Arguments) (peer.Answer, map[string]error, error) {
	done, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: a.Topic, Count: a.Total}}})
	if err != nil {
		return nil, nil, err
	}
	return nil, done.Errors, nil
}

func groups(peer.Arguments) (peer.Answer, error) {
	found, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, group := range found.Groups {
		names = append(names, group.GroupID)
	}
	return peer.Answer{"groups": names}, found.Error
}

func describeGroup(a peer.Arguments) (peer.Answer, error) {
	found, err := client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{a.Group}})
	if err != nil {
		return nil, err
	}
	return peer.Answer{"state": strings.ToUpper(found.Groups[0].GroupState), "members": len(found.Groups[0].Members)}, found.Groups[0].Error
}

func deleteGroup(a peer.Arguments) (peer.Answer, map[string]error, error) {
	done, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{a.Group}})
	if err != nil {
		return nil, nil, err
	}
	return nil, done.Errors, nil
}

func deleteTopic(a peer.Arguments) (peer.Answer, map[string]error, error) {
	done, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{a.Topic}})
	if err != nil {
		return nil, nil, err
	}
	return nil, done.Errors, nil
}

func transaction(peer.Arguments) (peer.Answer, error) {
	begun, err := client.InitProducerID(ctx, &kafka.InitProducerIDRequest{TransactionalID: "t", TransactionTimeoutMs: 10000})
	if err != nil {
		return nil, err
	}
	return peer.Answer{}, begun.Error
}

func main() {
	if peer.Username != "" {
		transport.SASL = plain.Mechanism{Username: peer.Username, Password: peer.Password}
		dialer.SASLMechanism = transport.SASL
	}
	peer.Run(map[string]func(peer.Arguments) (peer.Answer, error){
		"create": asked(create), "topics": topics, "partitions": partitions, "produce": produce, "consume": consume, "rebalance": rebalance,
		"positions": positions, "bounds": bounds, "offset_at": offsetAt, "settings": settings, "alter": alter, "add_partitions": asked(addPartitions),
		"groups": groups, "describe_group": describeGroup, "delete_group": asked(deleteGroup), "delete_topic": asked(deleteTopic),
		"transaction": transaction,
	})
}
