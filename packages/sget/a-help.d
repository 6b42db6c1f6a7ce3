help.o: src/help.c src/help.h src/limits.h src/report.h src/failures.h \
 src/buffer.h src/failures.def
src/help.h:
src/limits.h:
src/report.h:
src/failures.h:
src/buffer.h:
src/failures.def:
