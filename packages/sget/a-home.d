home.o: src/home.c src/home.h src/failures.h src/buffer.h \
 src/failures.def src/limits.h src/lines.h src/report.h src/text.h
src/home.h:
src/failures.h:
src/buffer.h:
src/failures.def:
src/limits.h:
src/lines.h:
src/report.h:
src/text.h:
