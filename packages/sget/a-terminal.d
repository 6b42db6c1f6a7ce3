terminal.o: src/terminal.c src/terminal.h src/secret.h src/failures.h \
 src/buffer.h src/failures.def src/limits.h src/quiet.h src/report.h
src/terminal.h:
src/secret.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/quiet.h:
src/report.h:
