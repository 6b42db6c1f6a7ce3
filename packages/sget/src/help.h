// What sget says about itself. Both return the exit status.
#pragma once

int help(int descriptor);
int version(int descriptor);
