// kafkajs and its schema registry package: a verb and its arguments in, what the client saw out (see peer_scene.py).
'use strict'
const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = require('kafkajs')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')
const lz4 = require('lz4js')
const snappy = require('kafkajs-snappy')

const PATIENCE = 60000
const WAIT = 200 // of a fetch; before one is over, kafkajs neither leaves nor joins
const { PEER_BOOTSTRAP, PEER_REGISTRY, PEER_USERNAME, PEER_PASSWORD } = process.env
const COMPRESSIONS = {
  none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD
}

// kafkajs brings gzip alone; the others are given to it as its documentation says.
let codec
const zstd = () => { // takes long to load
  codec = codec || new Promise(resolve => require('zstd-codec').ZstdCodec.run(binding => resolve(new binding.Simple())))
  return codec
}
CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async encoder => Buffer.from(lz4.compress(encoder.buffer)),
  decompress: async buffer => Buffer.from(lz4.decompress(buffer))
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from((await zstd()).compress(encoder.buffer)),
  decompress: async buffer => Buffer.from((await zstd()).decompress(buffer))
})

const kafka = new Kafka({
  clientId: 'kafkajs-peer',
  brokers: [PEER_BOOTSTRAP],
  logLevel: logLevel.NOTHING,
  sasl: PEER_USERNAME && { mechanism: 'plain', username: PEER_USERNAME, password: PEER_PASSWORD },
  retry: { retries: 3 }
})

// Runs `work` with a connected admin, producer or consumer, and closes it.
const using = async (one, work) => {
  await one.connect()
  try {
    return await work(one)
  } finally {
    await one.disconnect()
  }
}
const admin = work => using(kafka.admin(), work)

const body = value => value && value.size !== undefined ? 'x'.repeat(value.size) : value
const seen = content => {
  if (content === null || content === undefined) return null
  return content.length > 10000 ? { size: content.length } : content.toString()
}
const soon = async (what, holds) => {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(what + ' did not come about')
}

const create = ({ topic, partitions, replicas, settings }) => admin(async admin => {
  const configEntries = Object.entries(settings || {}).map(([name, value]) => ({ name, value }))
  const made = await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }] })
  if (!made) throw new Error('createTopics gave false: the topic already exists')
  return {}
})

const topics = () => admin(async admin => ({ topics: await admin.listTopics() }))

const partitions = ({ topic }) => admin(async admin => {
  const { topics: [found] } = await admin.fetchTopicMetadata({ topics: [topic] })
  return { partitions: found.partitions.length }
})

const headersOf = pairs => {
  const headers = {}
  for (const [name, value] of pairs || []) headers[name] = headers[name] ? [].concat(headers[name], value) : value
  return headers
}
const pairsOf = headers => Object.entries(headers || {}).flatMap(([name, values]) => [].concat(values).map(value => [name, seen(value)]))

const produce = ({ topic, records, compression }) => using(kafka.producer({ idempotent: true }), async producer => {
  const messages = records.map(record => ({
    key: record.key === undefined ? null : record.key,
    value: body(record.value),
    headers: headersOf(record.headers),
    partition: record.partition,
    timestamp: record.timestamp && String(record.timestamp)
  }))
  const stored = await producer.send({ topic, messages, acks: -1, compression: COMPRESSIONS[compression || 'none'] })
  return { offsets: stored.map(({ baseOffset }) => Number(baseOffset)) }
})

const consume = ({ topic, group, count, isolation }) => using(kafka.consumer({
  groupId: group,
  maxWaitTimeInMs: WAIT,
  readUncommitted: isolation !== 'read_committed'
}), async consumer => {
  const records = []
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      records.push({
        partition,
        offset: Number(message.offset),
        key: seen(message.key),
        value: seen(message.value),
        headers: pairsOf(message.headers)
      })
      await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
    }
  })
  await soon(count + ' records', () => records.length >= count)
  return { records }
})

const member = async (topic, group) => {
  const consumer = kafka.consumer({ groupId: group, heartbeatInterval: 300, maxWaitTimeInMs: WAIT })
  const member = { consumer, share: [] }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => { member.share = [...(payload.memberAssignment[topic] || [])].sort() })
  consumer.on(consumer.events.REBALANCING, () => { member.share = [] })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({ eachMessage: async () => {} })
  return member
}

// A member alone, then two, then the second alone.
const rebalance = async ({ topic, group }) => {
  const { partitions: total } = await partitions({ topic })
  const shares = []
  const hold = async (members, enough) => {
    await soon('the sharing', () => enough(members.map(({ share }) => share.length)))
    shares.push(members.map(({ share }) => share))
  }
  const first = await member(topic, group)
  await hold([first], ([held]) => held === total)
  const second = await member(topic, group)
  await hold([first, second], ([one, other]) => one > 0 && other > 0 && one + other === total)
  await first.consumer.disconnect()
  await hold([second], ([held]) => held === total)
  await second.consumer.disconnect()
  return { shares }
}

// Two members commit each record that they read; the second comes and goes meanwhile. What commits were refused with, the offsets that
// were taken, and how many each member had.
const commitsInFlight = async ({ topic, group }) => {
  const ends = await admin(admin => admin.fetchTopicOffsets(topic))
  const errors = new Set()
  const stored = {}
  const counts = [0, 0]
  const join = async number => {
    const consumer = kafka.consumer({ groupId: group, heartbeatInterval: 300, maxWaitTimeInMs: WAIT, maxBytesPerPartition: 200 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message, heartbeat }) => {
        const offset = Number(message.offset) + 1
        await new Promise(resolve => setTimeout(resolve, 5))
        try {
          await consumer.commitOffsets([{ topic, partition, offset: String(offset) }])
          stored[partition] = offset
          counts[number]++
        } catch (problem) {
          errors.add(told(problem))
        }
        await heartbeat()
      }
    })
    return consumer
  }
  const done = () => ends.every(({ partition, high }) => stored[partition] === Number(high))
  const first = await join(0)
  await soon('the first commits', () => counts[0] > 20)
  const second = await join(1)
  await soon('the commits of the second', () => counts[1] > 40 || done())
  await second.disconnect()
  await soon('all commits', done)
  await first.disconnect()
  return { errors: [...errors], stored, counts }
}

const positions = ({ topic, group }) => admin(async admin => {
  const [{ partitions: committed }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  const byPartition = (places, name) => Object.fromEntries(places.map(place => [place.partition, Number(place[name])]))
  return { committed: byPartition(committed, 'offset'), end: byPartition(await admin.fetchTopicOffsets(topic), 'high') }
})

const bounds = ({ topic, partition }) => admin(async admin => {
  const { low, high } = (await admin.fetchTopicOffsets(topic)).find(place => place.partition === partition)
  return { begin: Number(low), end: Number(high) }
})

const offsetAt = ({ topic, partition, timestamp }) => admin(async admin => {
  const places = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
  return { offset: Number(places.find(place => place.partition === partition).offset) }
})

const settings = ({ topic }) => admin(async admin => {
  const { resources: [{ configEntries }] } =
    await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] })
  return { settings: Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])) }
})

const alter = ({ topic, name, value }) => admin(async admin => {
  await admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }] })
  return {}
})

const addPartitions = ({ topic, total }) => admin(async admin => {
  await admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
  return {}
})

const deleteRecords = ({ topic, partition, before }) => admin(async admin => {
  await admin.fetchTopicOffsets(topic) // deleteTopicRecords looks for the leader only among topics that were asked for before
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
  return {}
})

const groups = () => admin(async admin => ({ groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId) }))

const describeGroup = ({ group }) => admin(async admin => {
  const { groups: [{ state, members }] } = await admin.describeGroups([group])
  return { state: state.toUpperCase(), members: members.length }
})

const deleteGroup = ({ group }) => admin(async admin => {
  await admin.deleteGroups([group])
  return {}
})

const deleteTopic = ({ topic }) => admin(async admin => {
  await admin.deleteTopics({ topics: [topic] })
  return {}
})

const transaction = ({ topic }) => using(kafka.producer({ idempotent: true, transactionalId: 't', maxInFlightRequests: 1 }), async producer => {
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: 'x' }] })
  await transaction.commit()
  return {}
})

// A value of each kind of schema goes through the registry and a topic and comes back.
const schemas = async ({ topic }) => {
  const auth = PEER_USERNAME && { username: PEER_USERNAME, password: PEER_PASSWORD }
  const registry = new SchemaRegistry({ host: PEER_REGISTRY, auth, retry: { retries: 0 } })
  const kinds = {
    AVRO: { type: SchemaType.AVRO, schema: '{"type":"record","name":"Alert","namespace":"n","fields":[{"name":"details","type":"string"}]}' },
    JSON: { type: SchemaType.JSON, schema: '{"title":"Alert","type":"object","properties":{"details":{"type":"string"}}}' },
    PROTOBUF: { type: SchemaType.PROTOBUF, schema: 'syntax = "proto3"; package n; message Alert { string details = 1; }' }
  }
  const answer = {}
  for (const [kind, schema] of Object.entries(kinds)) {
    const name = topic + '-' + kind
    const { id } = await registry.register(schema, { subject: name + '-value' })
    const messages = [{ value: await registry.encode(id, { details: kind }) }]
    await using(kafka.producer(), producer => producer.send({ topic: name, messages }))
    let value
    await using(kafka.consumer({ groupId: name, maxWaitTimeInMs: WAIT }), async consumer => {
      await consumer.subscribe({ topics: [name], fromBeginning: true })
      await consumer.run({ eachMessage: async ({ message }) => { value = await registry.decode(message.value) } })
      await soon('the value', () => value)
    })
    answer[kind] = { details: value.details, latest: await registry.getLatestSchemaId(name + '-value') === id }
  }
  return answer
}

const verbs = {
  create, topics, partitions, produce, consume, rebalance, positions, bounds, settings, alter, groups, transaction, schemas,
  commits_in_flight: commitsInFlight,
  offset_at: offsetAt,
  add_partitions: addPartitions,
  delete_records: deleteRecords,
  describe_group: describeGroup,
  delete_group: deleteGroup,
  delete_topic: deleteTopic
}
const told = problem => [problem.name, problem.type, problem.message, ...(problem.errors || []).map(told)].filter(Boolean).join(': ')

const [verb, text] = process.argv.slice(2)
verbs[verb](JSON.parse(text))
  .catch(problem => ({ error: told(problem) }))
  .then(answer => {
    console.log(JSON.stringify(answer))
    process.exit(0)
  })
