client.o: src/client.c src/client.h src/installation.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/commands.h src/options.h \
 src/help.h src/paths.h src/report.h
src/client.h:
src/installation.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/commands.h:
src/options.h:
src/help.h:
src/paths.h:
src/report.h:
