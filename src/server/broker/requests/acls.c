/* DescribeAcls, CreateAcls, DeleteAcls 0-3, refused as a Kafka without an authorizer does it: MirrorMaker and the
 * consoles ask, know this answer and go on. */
#include "server/broker/handler.h"

static const char refusal[] =
    "No Authorizer is configured on the broker: it has no ACLs; use Apache Kafka through --profile.";

/* An ACL and a filter for ACLs differ in what may be null. */
static void read_acl(struct request *request) {
    struct reader *reader = &request->reader;
    read_int8(reader);
    read_string(reader); /* the resource's type and name */
    if (request->version >= 1)
        read_int8(reader);
    read_string(reader);
    read_string(reader); /* principal and host */
    read_int8(reader);
    read_int8(reader); /* operation, permission */
    read_tags(reader);
}

static void answer_refusal(struct request *request) {
    write_int16(request->out, KAFKA_SECURITY_DISABLED);
    answer_string(request, refusal);
}

static enum handled describe(struct request *request) {
    read_acl(request);
    answer_throttle(request, 0);
    answer_refusal(request);
    answer_array(request, 0);
    answer_tags(request);
    return HANDLED;
}

static enum handled refuse_each(struct request *request, bool matching) {
    int32_t count = read_array(&request->reader, 8);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !request->reader.broken; i++) {
        read_acl(request);
        answer_refusal(request);
        if (matching)
            answer_array(request, 0);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

static enum handled create(struct request *request) {
    return refuse_each(request, false);
}

static enum handled delete (struct request *request) { return refuse_each(request, true); }

const struct handler handler_describe_acls = {KEY_DESCRIBE_ACLS, 0, 3, 2, "DescribeAcls", describe, false};
const struct handler handler_create_acls = {KEY_CREATE_ACLS, 0, 3, 2, "CreateAcls", create, false};
const struct handler handler_delete_acls = {KEY_DELETE_ACLS, 0, 3, 2, "DeleteAcls", delete, false};
