/* The data folder: who owns it, where it is. */
#pragma once

#include "server/embedded.h"

struct data_folder {
    char *path;
    int lock; /* descriptor of the held lock */
    bool temporary;
    char properties[48]; /* name of the file that tells others what is served */
};
/* Makes the folder (0700), takes the lock before anything is read. Held by somebody else: ERROR_BUSY. */
int data_folder_open(struct data_folder *folder, const struct embedded_options *options, struct error *error);
void data_folder_close(struct data_folder *folder);
/* True when another process holds the lock. */
bool data_folder_is_held(const char *path);
