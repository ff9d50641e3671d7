// A Kafka Streams application: words of a topic counted by the minute. bootstrap guarantee name records: one line of JSON.
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;

public class Counting {
    static final long BEGIN = 1_700_000_000_000L / 60_000 * 60_000, PATIENCE_MS = 90_000;

    static Topology topology(String name) {
        var strings = Consumed.with(Serdes.String(), Serdes.String());
        var builder = new StreamsBuilder();
        builder.globalTable(name + "-known", strings);
        builder.stream(name + "-words", strings)
            .selectKey((key, word) -> word) // so the words are dealt out anew, by a topic of the application
            .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofDays(1)))
            .count(Materialized.as("counts"))
            .toStream()
            .map((window, count) -> KeyValue.pair(window.key() + "@" + (window.window().start() - BEGIN) / 60_000, count))
            .to(name + "-counts", Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    static Properties properties(String bootstrap, String guarantee, String name) throws Exception {
        var properties = new Properties();
        properties.putAll(Map.of(StreamsConfig.APPLICATION_ID_CONFIG, name, StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee, StreamsConfig.REPLICATION_FACTOR_CONFIG, 3,
            StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2, StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200,
            StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("counting").toString(),
            StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest"));
        return properties;
    }

    static void fill(String bootstrap, String name, int records) throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            if (admin.listTopics().names().get().contains(name + "-words"))
                return; // a second run goes on
            admin.createTopics(List.of(new NewTopic(name + "-words", 3, (short) 3), new NewTopic(name + "-known", 1, (short) 3),
                new NewTopic(name + "-counts", 2, (short) 3))).all().get();
        }
        try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap, "compression.type", "lz4"),
                new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < records; i++)
                producer.send(new ProducerRecord<>(name + "-words", null, BEGIN + i * 100L, "k" + i, "w" + i % 7));
        }
    }

    static Map<String, Long> read(String bootstrap, String name, int records, CompletableFuture<String> died) {
        var counts = new TreeMap<String, Long>();
        try (var consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap, "group.id", name + "-reader", "auto.offset.reset",
                "earliest", "enable.auto.commit", false), new StringDeserializer(), new LongDeserializer())) {
            consumer.subscribe(List.of(name + "-counts"));
            long end = System.currentTimeMillis() + PATIENCE_MS;
            while (System.currentTimeMillis() < end && !died.isDone() && counts.values().stream().mapToLong(n -> n).sum() < records)
                for (ConsumerRecord<String, Long> count : consumer.poll(Duration.ofMillis(200)))
                    counts.merge(count.key(), count.value(), Math::max);
        }
        return counts;
    }

    static String reason(Throwable problem) {
        return problem.getCause() == null ? problem.toString() : problem + " <- " + reason(problem.getCause());
    }

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0], guarantee = arguments[1], name = arguments[2];
        int records = Integer.parseInt(arguments[3]);
        fill(bootstrap, name, records);
        var died = new CompletableFuture<String>();
        var streams = new KafkaStreams(topology(name), properties(bootstrap, guarantee, name));
        streams.setUncaughtExceptionHandler(problem -> {
            died.complete(reason(problem));
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        var counts = read(bootstrap, name, records, died);
        boolean closed = streams.close(Duration.ofSeconds(60));
        if (died.isDone())
            System.out.println("{\"error\": \"" + died.get().replace("\"", "'").replace("\n", " ") + "\"}");
        else
            System.out.println("{\"words\": " + counts.values().stream().mapToLong(n -> n).sum() + ", \"windows\": " + counts.size()
                + ", \"most\": " + counts.values().stream().mapToLong(n -> n).max().orElse(0) + ", \"closed\": " + closed + "}");
        System.exit(0);
    }
}
