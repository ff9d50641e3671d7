// @platformatic/kafka: a verb and its arguments in, what the client saw out (see peer_scene.py).
import { Admin, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'

const PATIENCE = 60000
const TOPIC = 2 // the type of resource
const { PEER_BOOTSTRAP, PEER_USERNAME, PEER_PASSWORD } = process.env
const base = {
  clientId: 'platformatic-peer',
  bootstrapBrokers: [PEER_BOOTSTRAP],
  retries: 2,
  sasl: PEER_USERNAME && { mechanism: 'PLAIN', username: PEER_USERNAME, password: PEER_PASSWORD }
}

const using = async (one, work) => {
  try {
    return await work(one)
  } finally {
    await one.close()
  }
}
const admin = work => using(new Admin(base), work)

const body = value => {
  if (value === null || value === undefined) return undefined
  return Buffer.from(value.size === undefined ? value : 'x'.repeat(value.size))
}
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
  const configs = Object.entries(settings || {}).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ topics: [topic], partitions, replicas, configs })
  return {}
})

const topics = () => admin(async admin => ({ topics: await admin.listTopics() }))

const counted = async (admin, topic) => (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic).partitionsCount
const partitions = ({ topic }) => admin(async admin => ({ partitions: await counted(admin, topic) }))

const produce = ({ topic, records, compression }) => using(new Producer({ ...base, idempotent: true, compression: compression || 'none' }), async producer => {
  const messages = records.map(record => ({
    topic,
    key: body(record.key),
    value: body(record.value),
    headers: new Map((record.headers || []).map(([name, value]) => [Buffer.from(name), value === null ? null : Buffer.from(value)])),
    partition: record.partition,
    timestamp: record.timestamp && BigInt(record.timestamp)
  }))
  const { offsets } = await producer.send({ messages, acks: -1 })
  return { offsets: offsets.map(({ offset }) => Number(offset)) }
})

const consume = ({ topic, group, count }) => using(new Consumer({ ...base, groupId: group, maxWaitTime: 200 }), async consumer => {
  const records = []
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: false })
  const late = setTimeout(() => stream.destroy(new Error(`${records.length} of ${count} records`)), PATIENCE)
  for await (const message of stream) {
    records.push({
      partition: message.partition,
      offset: Number(message.offset),
      key: seen(message.key),
      value: seen(message.value),
      headers: [...message.headers].map(([name, value]) => [name.toString(), seen(value)])
    })
    await message.commit()
    if (records.length >= count) break
  }
  clearTimeout(late)
  await stream.close()
  return { records }
})

const member = async (topic, group) => {
  const consumer = new Consumer({ ...base, groupId: group, heartbeatInterval: 300, sessionTimeout: 10000, rebalanceTimeout: 10000, maxWaitTime: 200 })
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.LATEST })
  stream.on('data', () => {})
  return {
    share: () => (consumer.assignments || []).filter(one => one.topic === topic).flatMap(one => [...one.partitions]).sort(),
    leave: () => consumer.close(true)
  }
}

// A member alone, then two, then the second alone.
const rebalance = async ({ topic, group: named }) => {
  const group = named.replaceAll(' ', '-') // it takes no blanks
  const { partitions: total } = await partitions({ topic })
  const shares = []
  const hold = async (members, enough) => {
    await soon('the sharing', () => enough(members.map(member => member.share().length)))
    shares.push(members.map(member => member.share()))
  }
  const first = await member(topic, group)
  await hold([first], ([held]) => held === total)
  const second = await member(topic, group)
  await hold([first, second], ([one, other]) => one > 0 && other > 0 && one + other === total)
  await first.leave()
  await hold([second], ([held]) => held === total)
  await second.leave()
  return { shares }
}

const listed = async (admin, topic, partition, timestamp) => {
  const [{ partitions: [place] }] = await admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }] })
  return Number(place.offset)
}

const positions = ({ topic, group }) => admin(async admin => {
  const [{ topics: [found] }] = await admin.listConsumerGroupOffsets({ groups: [group] })
  const committed = Object.fromEntries(found.partitions.map(place => [place.partitionIndex, Number(place.committedOffset)]))
  return { committed, end: { 0: await listed(admin, topic, 0, -1n) } }
})

const bounds = ({ topic, partition }) => admin(async admin =>
  ({ begin: await listed(admin, topic, partition, -2n), end: await listed(admin, topic, partition, -1n) }))

const offsetAt = ({ topic, partition, timestamp }) => admin(async admin => ({ offset: await listed(admin, topic, partition, BigInt(timestamp)) }))

const settings = ({ topic }) => admin(async admin => {
  const [{ configs }] = await admin.describeConfigs({ resources: [{ resourceType: TOPIC, resourceName: topic }] })
  return { settings: Object.fromEntries(configs.map(({ name, value }) => [name, value])) }
})

const alter = ({ topic, name, value }) => admin(async admin => {
  await admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC, resourceName: topic, configs: [{ name, value, configOperation: 0 }] }] })
  return {}
})

const addPartitions = ({ topic, total }) => admin(async admin => {
  await admin.createPartitions({ topics: [{ name: topic, count: total, assignments: null }] })
  return {}
})

const deleteRecords = ({ topic, partition, before }) => admin(async admin => {
  await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }] })
  return {}
})

const groups = () => admin(async admin => ({ groups: [...(await admin.listGroups()).keys()] }))

const describeGroup = ({ group }) => admin(async admin => {
  const { state, members } = (await admin.describeGroups({ groups: [group] })).get(group)
  return { state, members: members.size }
})

const deleteGroup = ({ group }) => admin(async admin => {
  await admin.deleteGroups({ groups: [group] })
  return {}
})

const deleteTopic = ({ topic }) => admin(async admin => {
  await admin.deleteTopics({ topics: [topic] })
  return {}
})

const transaction = () => using(new Producer({ ...base, idempotent: true, transactionalId: 't' }), async producer => {
  await producer.beginTransaction()
  return {}
})

const verbs = {
  create, topics, partitions, produce, consume, rebalance, positions, bounds, settings, alter, groups, transaction,
  offset_at: offsetAt,
  add_partitions: addPartitions,
  delete_records: deleteRecords,
  describe_group: describeGroup,
  delete_group: deleteGroup,
  delete_topic: deleteTopic
}
const told = problem => [problem.code, problem.apiId, problem.message, problem.serverErrorMessage, problem.cause && told(problem.cause),
  ...(problem.errors || []).map(told)].filter(Boolean).join(': ')

const [verb, text] = process.argv.slice(2)
verbs[verb](JSON.parse(text))
  .catch(problem => ({ error: told(problem) }))
  .then(answer => {
    console.log(JSON.stringify(answer))
    process.exit(0)
  })
