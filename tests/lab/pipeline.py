"""The lab's world computed a second time: from the topics as another client reads them, in Python, without SQL."""
import re
import time

from scene import Avro, Scene

WINDOW_MS = 300000
STATEMENTS = ("TRANSACTIONS", "CUSTOMER", "REKEY_CUSTOMER", "TABLE_CUSTOMER", "AGGREGATE_TRANSACTIONS", "FEATURE_SET")


def bootstrap_of(folder):
    with open(folder + "/servers.properties", encoding="utf-8") as file:
        return re.search("^bootstrap.servers=(.*)$", file.read(), re.M).group(1)


class Pipeline(Scene):
    def set_up_lab(self, console, bootstrap, connector="connector create"):
        """Topics, customers and statements; the stream is joined only when the table is full."""
        self.say(console, connector)
        self.read_until(console, "^Connector CDC_Postgresql created")
        self.say(console, "topic create workshop")
        self.read_until(console, "^Subject fraudulent_transactions-value registered")
        self.eventually(lambda: self.end_of(bootstrap, "cdc.public.customers") == 100)
        statements = self.statements(console)
        for name in STATEMENTS:
            self.say(console, f"sql {statements[name]}")
            self.read_until(console, "^(Stream|Table) created|^Created query with ID")
            if name == "REKEY_CUSTOMER":
                self.eventually(lambda: self.end_of(bootstrap, "REKEY_CUSTOMER") == 100)
        self.check_holds(console, 5)

    def statements(self, console):
        """name -> text, as the program's own take-home bundle writes them"""
        folder = self.home.name + "/bundle"
        self.say(console, f"bundle {folder}")
        self.read_until(console, "^Bundle written")
        with open(folder + "/statements.sql", encoding="utf-8") as file:
            return dict(re.findall(r"^-- (\w+)\n(.*;)$", file.read(), re.M))

    def customers(self, bootstrap):
        """card -> (email, average), the latest record of each"""
        found = {}
        for record in self.records(bootstrap, "cdc.public.customers"):
            if record.value:
                reader = Avro(record.value[5:])
                card, _, email = (reader.text() for _ in range(3))
                found[card] = (email, reader.number())
        return found

    def expected_windows(self, bootstrap):
        """(card, window start) -> (email, average, count, total)"""
        customers, windows = self.customers(bootstrap), {}
        for record in self.records(bootstrap, "transactions"):
            row = record.json()
            start = record.timestamp - record.timestamp % WINDOW_MS
            email, average = customers[row["credit_card_number"]]
            _, _, count, total = windows.get((row["credit_card_number"], start), (0, 0, 0, 0))
            windows[row["credit_card_number"], start] = (email, average, count + 1, total + row["amount"])
        return windows

    def feature_windows(self, bootstrap):
        """The same, as the last record of each key in FEATURE_SET says."""
        windows = {}
        for record in self.records(bootstrap, "FEATURE_SET"):
            start = int.from_bytes(record.key[-8:], "big")
            reader = Avro(record.key[5:-8])
            card, email, average = reader.maybe(reader.text), reader.maybe(reader.text), reader.maybe(reader.number)
            row = record.json()
            windows[card, start] = (email, average, row["TRANSACTION_COUNT"], row["TOTAL_AMOUNT"])
        return windows

    def alerted(self, bootstrap):
        """The cards and window starts (as the sentence writes them) of fraudulent_transactions."""
        found = set()
        for record in self.records(bootstrap, "fraudulent_transactions"):
            text = Avro(record.value[5:]).text()
            match = re.search(r"credit card number\s+(\d{4} \d{4} \d{4} \d{4}).*time period\s+(\S+ \S+ \S+) to", text, re.S)
            self.assertIsNotNone(match, text)
            found.add(match.groups())
        return found

    def rule_breakers(self, windows):
        """Cards and windows of the rule, the window's start as TIMESTAMPTOSTRING writes it in UTC."""
        return {(card, time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(start / 1000)))
                for (card, start), (_, average, count, total) in windows.items() if count >= 2 and total > average}

    def settled(self, bootstrap, expected):
        """Waits until the windows say what they must; fails with the first difference."""
        def look():
            found = self.feature_windows(bootstrap)
            return found if found == expected else None
        try:
            return self.eventually(look)
        except AssertionError:
            self.assertEqual(self.feature_windows(bootstrap), expected)
            raise
