report.o: src/report.c src/report.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h src/text.h
src/report.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/text.h:
