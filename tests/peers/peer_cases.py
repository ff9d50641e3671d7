"""What every client program must see; the clients are rows in the NAME_test.py files."""
from peer_scene import PeerScene

COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
LARGEST = 1048588       # the default of max.message.bytes, which counts a whole batch
FILLING = LARGEST - 72  # the value that makes a batch of this size: 61 of its header, 11 of a record without key and headers


class ClientCases(PeerScene):
    TOO_LARGE = None        # what the client says to a batch that the broker refuses for its size
    UNKNOWN_SETTING = "Unknown topic config name: no.such.setting"
    REFUSED_SETTING = "flush.ms"
    TRANSACTION = "(?i)transactional.?id.?authorization.?failed"  # what it says to a transaction; some drop the broker's words
    IN_FLIGHT = "(?i)rebalance.?in.?progress|illegal.?generation"  # what a commit may be refused with during a rebalance
    NULL_HEADERS = True     # whether it has headers without a value
    NULL_RECORDS = True     # whether it has records without key and value
    NOT_YET = -1            # its offset for a time after all records
    STRATEGIES = (None,)    # how members share, by the client's names; None: its default
    COMPRESSIONS = COMPRESSIONS
    CANNOT = {}             # verb: why the client has it not

    def can(self, *verbs):
        for verb in verbs:
            if verb in self.CANNOT:
                self.skipTest(f"{self.PEER}: {self.CANNOT[verb]}")

    def records(self, topic, count, group="reader", **more):
        return self.must("consume", topic=topic, group=group, count=count, **more)["records"]

    def test_a_topic_asked_for_with_three_replicas_is_made_with_its_partitions_and_settings(self):
        self.must("create", topic=self.topic(), partitions=3, replicas=3, settings={"cleanup.policy": "compact", "retention.ms": "86400000"})
        self.assertIn(self.topic(), self.must("topics")["topics"])
        self.assertEqual(self.must("partitions", topic=self.topic()), {"partitions": 3})
        self.can("settings")
        settings = self.must("settings", topic=self.topic())["settings"]
        self.assertEqual((settings["cleanup.policy"], settings["retention.ms"]), ("compact", "86400000"))

    def test_a_topic_that_exists_is_refused(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.assertRegex(self.ask("create", topic=self.topic(), partitions=1, replicas=1)["error"], "(?i)already.?exists")

    def test_a_setting_without_effect_is_refused_by_name(self):
        self.assertRegex(self.ask("create", topic=self.topic(), partitions=1, replicas=1, settings={"no.such.setting": "1"})["error"],
                         self.UNKNOWN_SETTING)

    def test_records_come_back_in_order_with_keys_headers_and_tombstones(self):
        sent = [{"key": "k1", "value": "first", "headers": [["h", "one"], ["h", "two"], ["text", "grüß"]]},
                {"key": "k1", "value": "second", "headers": []}, {"key": None, "value": "without a key", "headers": []},
                {"key": "k1", "value": "", "headers": []}, {"key": "k1", "value": None, "headers": []}]
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=sent)
        self.assertEqual(self.records(self.topic(), len(sent)),
                         [dict(record, partition=0, offset=offset) for offset, record in enumerate(sent)])

    def test_what_is_empty_and_what_is_missing_are_told_apart(self):
        missing = [["missing", None]] if self.NULL_HEADERS else []
        sent = [{"key": None if self.NULL_RECORDS else "k", "value": None, "headers": []},
                {"key": "", "value": "", "headers": [["empty", ""], *missing, ["", "x"]]}]
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=sent)
        self.assertEqual(self.records(self.topic(), len(sent)),
                         [dict(record, partition=0, offset=offset) for offset, record in enumerate(sent)])

    def test_a_reader_of_committed_records_sees_all(self):
        """There are no transactions, so everything is committed at once."""
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": str(i)} for i in range(50)])
        self.assertEqual([record["value"] for record in self.records(self.topic(), 50, isolation="read_committed")], [str(i) for i in range(50)])

    def test_a_time_before_and_after_all_records_is_answered(self):
        self.can("offset_at")
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": "x", "timestamp": 1700000000000 + i} for i in range(3)])
        self.assertEqual(self.must("offset_at", topic=self.topic(), partition=0, timestamp=1), {"offset": 0})
        self.assertEqual(self.must("offset_at", topic=self.topic(), partition=0, timestamp=1700000000003), {"offset": self.NOT_YET})

    def test_every_compression_comes_back(self):
        for compression in self.COMPRESSIONS:
            with self.subTest(compression):
                topic = self.topic() + "-" + compression
                sent = [{"key": str(i), "value": f"{compression} {i} " * 20} for i in range(200)]
                self.must("create", topic=topic, partitions=1, replicas=1)
                self.must("produce", topic=topic, records=sent, compression=compression)
                self.assertEqual([(record["key"], record["value"]) for record in self.records(topic, 200)],
                                 [(record["key"], record["value"]) for record in sent])

    def test_a_time_is_found_inside_of_a_batch_of_every_compression(self):
        self.can("offset_at")
        for compression in self.COMPRESSIONS:
            with self.subTest(compression):
                topic = self.topic() + "-" + compression
                self.must("create", topic=topic, partitions=1, replicas=1)
                self.must("produce", topic=topic, compression=compression,
                          records=[{"value": "x" * 100, "timestamp": 1700000000000 + 1000 * i} for i in range(100)])
                for timestamp, offset in ((0, 0), (1700000036999, 37), (1700000037000, 37), (1700000037001, 38)):
                    self.assertEqual(self.must("offset_at", topic=topic, partition=0, timestamp=timestamp), {"offset": offset})

    def test_a_batch_of_the_largest_size_is_taken_and_one_byte_more_is_refused(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": {"size": FILLING}}], limit=3 * LARGEST)
        self.assertRegex(self.ask("produce", topic=self.topic(), records=[{"value": {"size": FILLING + 1}}], limit=3 * LARGEST)["error"],
                         self.TOO_LARGE)
        self.assertEqual([record["value"] for record in self.records(self.topic(), 1)], [{"size": FILLING}])

    def test_the_largest_size_is_a_setting_of_the_topic(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1, settings={"max.message.bytes": str(3 * LARGEST)})
        self.must("produce", topic=self.topic(), records=[{"value": {"size": 2 * LARGEST}}], limit=4 * LARGEST)
        self.assertEqual([record["value"] for record in self.records(self.topic(), 1)], [{"size": 2 * LARGEST}])

    def test_two_members_share_the_partitions_and_the_one_that_stays_takes_all(self):
        self.must("create", topic=self.topic(), partitions=4, replicas=1)
        for strategy in self.STRATEGIES:
            with self.subTest(strategy):
                alone, both, last = self.must("rebalance", topic=self.topic(), group=f"shared by {strategy}", strategy=strategy)["shares"]
                self.assertEqual(alone, [[0, 1, 2, 3]])
                self.assertEqual([len(share) for share in both], [2, 2])
                self.assertEqual(sorted(both[0] + both[1]), [0, 1, 2, 3])
                self.assertEqual(last, [[0, 1, 2, 3]])

    def test_a_member_with_a_name_comes_again_and_nobody_is_bothered(self):
        self.can("static")
        self.must("create", topic=self.topic(), partitions=4, replicas=1)
        seen = self.must("static", topic=self.topic(), group=self.topic())
        self.assertEqual([len(share) for share in seen["before"]], [2, 2])
        self.assertEqual((seen["after"], seen["told"]), (seen["before"], []))

    def test_commits_during_a_rebalance_are_taken_or_refused_and_none_is_lost(self):
        self.can("commits_in_flight")
        self.must("create", topic=self.topic(), partitions=4, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": "x", "partition": i % 4} for i in range(240)])
        seen = self.must("commits_in_flight", topic=self.topic(), group=self.topic())
        self.assertEqual(seen["stored"], {str(number): 60 for number in range(4)}, seen)
        self.assertTrue(all(seen["counts"]), seen)
        for error in seen["errors"]:
            self.assertRegex(error, self.IN_FLIGHT)
        committed = self.must("positions", topic=self.topic(), group=self.topic())["committed"]
        self.assertEqual(committed, {number: 60 for number in committed})

    def test_a_group_goes_on_where_it_committed_and_its_lag_is_told(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": str(i)} for i in range(5)])
        self.assertEqual([record["value"] for record in self.records(self.topic(), 5, self.topic())], ["0", "1", "2", "3", "4"])
        self.must("produce", topic=self.topic(), records=[{"value": str(i)} for i in range(5, 8)])
        self.assertEqual(self.must("positions", topic=self.topic(), group=self.topic()), {"committed": {"0": 5}, "end": {"0": 8}})
        self.assertEqual([record["value"] for record in self.records(self.topic(), 3, self.topic())], ["5", "6", "7"])
        self.assertEqual(self.must("positions", topic=self.topic(), group=self.topic()), {"committed": {"0": 8}, "end": {"0": 8}})

    def test_a_group_without_members_is_listed_described_and_deleted(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": "x"}])
        self.records(self.topic(), 1, self.topic())
        self.assertIn(self.topic(), self.must("groups")["groups"])
        self.assertEqual(self.must("describe_group", group=self.topic()), {"state": "EMPTY", "members": 0})
        self.can("delete_group")
        self.must("delete_group", group=self.topic())
        self.assertNotIn(self.topic(), self.must("groups")["groups"])

    def test_an_altered_setting_is_told(self):
        self.can("alter", "settings")
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("alter", topic=self.topic(), name="retention.ms", value="3600000")
        self.assertEqual(self.must("settings", topic=self.topic())["settings"]["retention.ms"], "3600000")
        self.assertRegex(self.ask("alter", topic=self.topic(), name="flush.ms", value="9")["error"], self.REFUSED_SETTING)

    def test_partitions_are_added_and_take_records(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("add_partitions", topic=self.topic(), total=3)
        self.assertEqual(self.must("partitions", topic=self.topic()), {"partitions": 3})
        self.must("produce", topic=self.topic(), records=[{"value": "x", "partition": 2}])
        self.assertEqual([record["partition"] for record in self.records(self.topic(), 1)], [2])

    def test_deleted_records_are_gone_and_readers_begin_behind_them(self):
        self.can("delete_records")
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": str(i)} for i in range(10)])
        self.must("delete_records", topic=self.topic(), partition=0, before=6)
        self.assertEqual(self.must("bounds", topic=self.topic(), partition=0), {"begin": 6, "end": 10})
        self.assertEqual([record["value"] for record in self.records(self.topic(), 4)], ["6", "7", "8", "9"])

    def test_a_deleted_topic_is_gone(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("delete_topic", topic=self.topic())
        self.assertNotIn(self.topic(), self.must("topics")["topics"])

    def test_a_transaction_is_refused_with_the_way_out(self):
        self.can("transaction")
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.assertRegex(self.ask("transaction", topic=self.topic())["error"], self.TRANSACTION)


class RoomCases(PeerScene):
    """Servers for a room: only who knows the password is served."""
    LISTEN = "0.0.0.0"
    REFUSED = "(?i)authentication"

    def test_who_knows_the_password_produces_and_consumes(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=[{"value": "x"}])
        self.assertEqual([record["value"] for record in self.must("consume", topic=self.topic(), group="g", count=1)["records"]], ["x"])

    def test_a_wrong_password_is_refused_as_such(self):
        self.assertRegex(self.ask("topics", environment=self.stage.environment(password="wrong"))["error"], self.REFUSED)
