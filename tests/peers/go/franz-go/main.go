// franz-go with kadm and sr: a verb and its arguments in, what the client saw out (see peer_scene.py).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"fraudscope/peers/peer"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sr"
)

func connect(options ...kgo.Opt) (*kgo.Client, error) {
	options = append(options, kgo.SeedBrokers(peer.Bootstrap), kgo.RequestRetries(5))
	if peer.Username != "" {
		options = append(options, kgo.SASL(plain.Auth{User: peer.Username, Pass: peer.Password}.AsMechanism()))
	}
	return kgo.NewClient(options...)
}

func patience() context.Context {
	ctx, _ := context.WithTimeout(context.Background(), peer.Patience) //nolint:govet // the program ends soon
	return ctx
}

// admin makes a verb of work with an admin client.
func admin(work func(context.Context, *kadm.Client, peer.Arguments) (peer.Answer, error)) func(peer.Arguments) (peer.Answer, error) {
	return func(arguments peer.Arguments) (peer.Answer, error) {
		client, err := connect()
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return work(patience(), kadm.NewClient(client), arguments)
	}
}

// why adds the broker's own words to an error.
func why(err error, words string) error {
	if err == nil || words == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, words)
}

func create(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	response, err := admin.CreateTopic(ctx, a.Partitions, a.Replicas, a.Settings, a.Topic)
	return peer.Answer{}, why(err, response.ErrMessage)
}

func topics(ctx context.Context, admin *kadm.Client, _ peer.Arguments) (peer.Answer, error) {
	found, err := admin.ListTopics(ctx)
	return peer.Answer{"topics": found.Names()}, err
}

func partitions(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	found, err := admin.ListTopics(ctx, a.Topic)
	if err == nil {
		err = found.Error()
	}
	return peer.Answer{"partitions": len(found[a.Topic].Partitions)}, err
}

var compressions = map[string]kgo.CompressionCodec{"": kgo.NoCompression(), "none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

func produce(a peer.Arguments) (peer.Answer, error) {
	options := []kgo.Opt{kgo.ProducerBatchCompression(compressions[a.Compression]), kgo.ProducerLinger(50 * time.Millisecond)}
	if a.Limit > 0 {
		options = append(options, kgo.ProducerBatchMaxBytes(int32(a.Limit)))
	}
	var records []*kgo.Record
	for _, wanted := range a.Records {
		record := &kgo.Record{Topic: a.Topic, Key: wanted.Key, Value: wanted.Value}
		for _, header := range wanted.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		if wanted.Timestamp != nil {
			record.Timestamp = time.UnixMilli(*wanted.Timestamp)
		}
		if wanted.Partition != nil {
			record.Partition = *wanted.Partition
			options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
		}
		records = append(records, record)
	}
	client, err := connect(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	offsets := []int64{}
	for _, result := range client.ProduceSync(patience(), records...) {
		if result.Err != nil {
			return nil, result.Err
		}
		offsets = append(offsets, result.Record.Offset)
	}
	return peer.Answer{"offsets": offsets}, nil
}

func consume(a peer.Arguments) (peer.Answer, error) {
	isolation := kgo.ReadUncommitted()
	if a.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	client, err := connect(kgo.ConsumerGroup(a.Group), kgo.ConsumeTopics(a.Topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(isolation))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, records := patience(), []peer.Answer{}
	for len(records) < a.Count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(record *kgo.Record) {
			headers := [][2]any{}
			for _, header := range record.Headers {
				headers = append(headers, [2]any{header.Key, peer.Seen(header.Value)})
			}
			records = append(records, peer.Got(record.Partition, record.Offset, record.Key, record.Value, headers))
		})
	}
	return peer.Answer{"records": records}, client.CommitUncommittedOffsets(ctx)
}

var balancers = map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "sticky": kgo.StickyBalancer(),
	"cooperative-sticky": kgo.CooperativeStickyBalancer()}

// join is a member that reads and forgets.
func join(a peer.Arguments, share *peer.Share, options ...kgo.Opt) (func(), error) {
	take := func(_ context.Context, _ *kgo.Client, taken map[string][]int32) { share.Take(taken[a.Topic]) }
	give := func(_ context.Context, _ *kgo.Client, given map[string][]int32) { share.Give(given[a.Topic]) }
	client, err := connect(append(options, kgo.ConsumerGroup(a.Group), kgo.ConsumeTopics(a.Topic), kgo.HeartbeatInterval(300*time.Millisecond),
		kgo.OnPartitionsAssigned(take), kgo.OnPartitionsRevoked(give), kgo.OnPartitionsLost(give))...)
	if err != nil {
		return nil, err
	}
	go func() {
		for !client.PollFetches(context.Background()).IsClientClosed() {
		}
	}()
	return client.Close, nil
}

func rebalance(a peer.Arguments) (peer.Answer, error) {
	return peer.Rebalance(4, func(share *peer.Share) (func(), error) { return join(a, share, kgo.Balancers(balancers[a.Strategy])) })
}

func static(a peer.Arguments) (peer.Answer, error) {
	return peer.Static(4, func(share *peer.Share, name string) (func(), error) {
		return join(a, share, kgo.Balancers(kgo.RangeBalancer()), kgo.InstanceID(name))
	})
}

func commitsInFlight(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	listed, err := admin.ListEndOffsets(ctx, a.Topic)
	if err != nil {
		return nil, err
	}
	ends := map[int32]int64{}
	listed.Each(func(end kadm.ListedOffset) { ends[end.Partition] = end.Offset })
	return peer.InFlight(ends, func() (peer.Reader, error) {
		client, err := connect(kgo.ConsumerGroup(a.Group), kgo.ConsumeTopics(a.Topic), kgo.HeartbeatInterval(300*time.Millisecond),
			kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			return peer.Reader{}, err
		}
		next := func() *peer.Step {
			soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
			defer cancel()
			records := client.PollRecords(soon, 1).Records()
			if len(records) == 0 {
				return nil
			}
			return &peer.Step{Partition: records[0].Partition, Offset: records[0].Offset + 1,
				Commit: func() error { return client.CommitRecords(ctx, records[0]) }}
		}
		return peer.Reader{Next: next, Leave: client.Close}, nil
	})
}

func positions(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	lags, err := admin.Lag(ctx, a.Group)
	if err != nil {
		return nil, err
	}
	committed, end := map[int32]int64{}, map[int32]int64{}
	for _, lag := range lags[a.Group].Lag.Sorted() {
		if lag.Topic != a.Topic {
			continue
		}
		committed[lag.Partition], end[lag.Partition] = lag.Commit.At, lag.End.Offset
		if lag.Lag != lag.End.Offset-lag.Commit.At {
			return nil, fmt.Errorf("lag %d of %d to %d", lag.Lag, lag.Commit.At, lag.End.Offset)
		}
	}
	return peer.Answer{"committed": committed, "end": end}, lags.Error()
}

func bounds(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	begins, err := admin.ListStartOffsets(ctx, a.Topic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListEndOffsets(ctx, a.Topic)
	begin, _ := begins.Lookup(a.Topic, a.Partition)
	end, _ := ends.Lookup(a.Topic, a.Partition)
	return peer.Answer{"begin": begin.Offset, "end": end.Offset}, errors.Join(err, begin.Err, end.Err)
}

func offsetAt(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	listed, err := admin.ListOffsetsAfterMilli(ctx, a.Timestamp, a.Topic)
	found, _ := listed.Lookup(a.Topic, a.Partition)
	return peer.Answer{"offset": found.Offset}, errors.Join(err, found.Err)
}

func settings(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	resources, err := admin.DescribeTopicConfigs(ctx, a.Topic)
	if err != nil {
		return nil, err
	}
	values := map[string]*string{}
	for _, config := range resources[0].Configs {
		values[config.Key] = config.Value
	}
	return peer.Answer{"settings": values}, resources[0].Err
}

func alter(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	responses, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: a.Name, Value: &a.Value}}, a.Topic)
	if err != nil {
		return nil, err
	}
	return peer.Answer{}, why(responses[0].Err, responses[0].ErrMessage)
}

func addPartitions(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	responses, err := admin.UpdatePartitions(ctx, int(a.Total), a.Topic)
	return peer.Answer{}, errors.Join(err, why(responses[a.Topic].Err, responses[a.Topic].ErrMessage))
}

func deleteRecords(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: a.Topic, Partition: a.Partition, At: a.Before})
	responses, err := admin.DeleteRecords(ctx, offsets)
	found := responses[a.Topic][a.Partition]
	return peer.Answer{"begin": found.LowWatermark}, errors.Join(err, found.Err)
}

func groups(ctx context.Context, admin *kadm.Client, _ peer.Arguments) (peer.Answer, error) {
	listed, err := admin.ListGroups(ctx)
	return peer.Answer{"groups": listed.Groups()}, err
}

func describeGroup(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	described, err := admin.DescribeGroups(ctx, a.Group)
	found := described[a.Group]
	return peer.Answer{"state": strings.ToUpper(found.State), "members": len(found.Members)}, errors.Join(err, found.Err)
}

func deleteGroup(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	response, err := admin.DeleteGroup(ctx, a.Group)
	return peer.Answer{}, why(err, response.ErrMessage)
}

func deleteTopic(ctx context.Context, admin *kadm.Client, a peer.Arguments) (peer.Answer, error) {
	response, err := admin.DeleteTopic(ctx, a.Topic)
	return peer.Answer{}, why(err, response.ErrMessage)
}

func transaction(a peer.Arguments) (peer.Answer, error) {
	client, err := connect(kgo.TransactionalID("t"))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return nil, err
	}
	return peer.Answer{}, client.ProduceSync(patience(), &kgo.Record{Topic: a.Topic, Value: []byte("x")}).FirstErr()
}

// schemas sends a value through the registry's framing and asks the registry what it is.
func schemas(a peer.Arguments) (peer.Answer, error) {
	options := []sr.ClientOpt{sr.URLs(peer.Registry)}
	if peer.Username != "" {
		options = append(options, sr.BasicAuth(peer.Username, peer.Password))
	}
	client, err := sr.NewClient(options...)
	if err != nil {
		return nil, err
	}
	type alert struct {
		Details string `json:"details"`
	}
	ctx, subject := patience(), a.Topic+"-value"
	schema := sr.Schema{Type: sr.TypeJSON, Schema: `{"title":"Alert","type":"object","properties":{"details":{"type":"string"}}}`}
	made, err := client.CreateSchema(ctx, subject, schema)
	if err != nil {
		return nil, err
	}
	_, err = client.CreateSchema(ctx, subject, sr.Schema{Type: sr.TypeJSON, Schema: `{"type":"string"}`})
	var refused *sr.ResponseError
	if !errors.As(err, &refused) {
		return nil, fmt.Errorf("an incompatible schema was not refused: %v", err)
	}
	serde := sr.NewSerde()
	serde.Register(made.ID, alert{}, sr.EncodeFn(json.Marshal), sr.DecodeFn(json.Unmarshal))
	value, err := serde.Encode(alert{"JSON"})
	if err != nil {
		return nil, err
	}
	id, _, err := serde.DecodeID(value)
	if err != nil {
		return nil, err
	}
	found, err := client.SchemaByID(ctx, id)
	return peer.Answer{"same": found.Schema == schema.Schema, "type": found.Type.String(), "version": made.Version, "refused": refused.StatusCode}, err
}

func main() {
	peer.Run(map[string]func(peer.Arguments) (peer.Answer, error){
		"create": admin(create), "topics": admin(topics), "partitions": admin(partitions), "produce": produce, "consume": consume,
		"rebalance": rebalance, "static": static, "commits_in_flight": admin(commitsInFlight), "positions": admin(positions), "bounds": admin(bounds), "offset_at": admin(offsetAt), "settings": admin(settings),
		"alter": admin(alter), "add_partitions": admin(addPartitions), "delete_records": admin(deleteRecords), "groups": admin(groups),
		"describe_group": admin(describeGroup), "delete_group": admin(deleteGroup), "delete_topic": admin(deleteTopic),
		"transaction": transaction, "schemas": schemas,
	})
}
