#ifndef CMD_PACKAGE_H
#define CMD_PACKAGE_H

#include "cmd.h"

#include "bulla/package.h"

/* What the tools say about a package. */

/* All of it into a JSON object; "verified" says whether it is proved. */
void cmd_package_json(struct cmd_json *j, const struct bulla_package *p);

/* The opening note for people, a line a field, on stdout. */
void cmd_package_print(const struct bulla_package *p);

/* The size of a regular file, for a progress line; 0 for anything else. */
uint64_t cmd_file_size(int fd);

#endif
