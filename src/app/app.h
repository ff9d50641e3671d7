/* The program: options, then one of its commands. */
#pragma once

int app_main(int count, char **arguments);
