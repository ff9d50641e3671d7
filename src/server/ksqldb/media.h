/* Which media type an answer gets, by the Accept header with its weights. */
#pragma once

enum media { MEDIA_NONE, MEDIA_V1, MEDIA_JSON, MEDIA_DELIMITED, MEDIA_PROTOBUF };
enum media_kind {
    MEDIA_ADMIN,  /* one JSON document */
    MEDIA_QUERY,  /* /query */
    MEDIA_STREAM, /* /query-stream */
};
/* accept NULL: what the endpoint gives on its own. MEDIA_NONE: 406. */
enum media media_choose(enum media_kind kind, const char *accept);
