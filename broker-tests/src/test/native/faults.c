/*
 * Preloaded into a broker: makes forcing files fail or take long, and moves the wall clock, as a shared file says.
 *
 *   bytes  0..7   nanoseconds to add to the wall clock, signed
 *   bytes  8..11  errno that fsync, fdatasync and msync fail with; 0: they do their work
 *   bytes 12..15  milliseconds that they wait first
 *   bytes 16..23  how often they were made to fail, counted here
 *
 * All in the machine's own byte order. SAMPO_FAULTS names the file, SAMPO_FAULTS_PATH a part that the path of the forced file
 * must contain. The monotonic clock is left alone. A wait until a time of the wall clock is moved back to the kernel's time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t clock_offset_ns;
    int32_t force_errno;
    int32_t force_stall_ms;
    int64_t forced_failures;
};

static volatile struct control none;
static volatile struct control *control = &none;
static const char *path_part;

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_msync)(void *, size_t, int);
static int (*real_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void load(void) {
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    real_msync = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
    real_cond_timedwait = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))
        dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real_cond_timedwait)
        real_cond_timedwait = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))
            dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    path_part = getenv("SAMPO_FAULTS_PATH");
    const char *name = getenv("SAMPO_FAULTS");
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        control = mapped;
}

static int concerns(int fd) {
    char link[64], path[4096];
    if (!path_part || !*path_part)
        return 1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = 0;
    return strstr(path, path_part) != NULL;
}

/* 0 when the call may do its work. */
static int refused(void) {
    int32_t stall = control->force_stall_ms;
    if (stall > 0) {
        struct timespec left = {stall / 1000, (stall % 1000) * 1000000L};
        while (nanosleep(&left, &left) != 0 && errno == EINTR)
            ;
    }
    int32_t error = control->force_errno;
    if (error == 0)
        return 0;
    __sync_fetch_and_add(&control->forced_failures, 1);
    errno = error;
    return 1;
}

int fsync(int fd) {
    return concerns(fd) && refused() ? -1 : real_fsync(fd);
}

int fdatasync(int fd) {
    return concerns(fd) && refused() ? -1 : real_fdatasync(fd);
}

int msync(void *address, size_t size, int flags) {
    /* Of which file is not known here: only when all files are concerned. */
    return (!path_part || !*path_part) && refused() ? -1 : real_msync(address, size, flags);
}

static void move(struct timespec *time, int64_t ns) {
    int64_t nanos = time->tv_nsec + ns % 1000000000;
    time->tv_sec += ns / 1000000000;
    if (nanos < 0) {
        nanos += 1000000000;
        time->tv_sec--;
    } else if (nanos >= 1000000000) {
        nanos -= 1000000000;
        time->tv_sec++;
    }
    time->tv_nsec = nanos;
}

static int is_wall_clock(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = real_clock_gettime(clock, time);
    if (result == 0 && is_wall_clock(clock))
        move(time, control->clock_offset_ns);
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    /* Times of the monotonic clock count from the start of the machine: years below those of the wall clock. */
    if (control->clock_offset_ns == 0 || until->tv_sec < 500000000)
        return real_cond_timedwait(condition, mutex, until);
    struct timespec moved = *until;
    move(&moved, -control->clock_offset_ns);
    return real_cond_timedwait(condition, mutex, &moved);
}
