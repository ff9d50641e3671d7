/* Whole files and folders. Errors name the path and errno. Never on the UI thread after start-up. */
#pragma once

#include <stdbool.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

int file_read(const char *path, struct text *text, struct error *error); /* appends */
/* Names in the folder, new and gone ones, are on the disk. */
int file_sync_folder(const char *path, struct error *error);
int file_write_atomic(const char *path, struct view bytes, unsigned mode, struct error *error); /* temporary + rename */
int file_make_folders(const char *path, unsigned mode, struct error *error);                    /* like mkdir -p */
int file_remove_tree(const char *path, struct error *error);
bool file_exists(const char *path);
char *file_join(const char *folder, const char *name); /* caller frees */
