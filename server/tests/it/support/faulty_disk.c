/* A disk that fails on command, for `LD_PRELOAD`.
 *
 * Owns nothing but the answer of the calls that write and flush. The folder named by FAULTY_DISK holds the orders,
 * each an empty file:
 *   flush-fails       every flush of a file ending in `-wal` answers EIO while the order is there;
 *   one-flush-fails   the next one does, which takes the order away: the kernel reports such an error once, and a
 *                     program that tries again is told that all is well;
 *   database-fails    every flush of a file ending in `.db` answers EIO while the order is there;
 *   read-only         every write to a regular file answers EROFS while the order is there.
 * Pipes and sockets are no disk and always work.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The path of an order; empty where there is no folder, so that nothing is ever ordered. */
static void place(char *path, const char *order)
{
    const char *folder = getenv("FAULTY_DISK");
    if (folder == NULL || snprintf(path, PATH_MAX, "%s/%s", folder, order) >= PATH_MAX)
        path[0] = '\0';
}

static int ordered(const char *order)
{
    char path[PATH_MAX];
    place(path, order);
    return access(path, F_OK) == 0;
}

/* Taking the file away decides which of two threads carries the order out. */
static int ordered_once(const char *order)
{
    char path[PATH_MAX];
    place(path, order);
    return unlink(path) == 0;
}

static int ends_in(int fd, const char *ending)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path), tail = strlen(ending);
    return length >= tail && memcmp(path + length - tail, ending, tail) == 0;
}

static int flush_fails(int fd)
{
    int kept = errno;
    int fails = (ends_in(fd, "-wal") && (ordered("flush-fails") || ordered_once("one-flush-fails")))
        || (ends_in(fd, ".db") && ordered("database-fails"));
    errno = fails ? EIO : kept;
    return fails;
}

static int write_fails(int fd)
{
    struct stat what;
    int kept = errno;
    int fails = fstat(fd, &what) == 0 && S_ISREG(what.st_mode) && ordered("read-only");
    errno = fails ? EROFS : kept;
    return fails;
}

/* The function that would have been called without this one. */
#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

int fsync(int fd) { return flush_fails(fd) ? -1 : NEXT(fsync)(fd); }

int fdatasync(int fd) { return flush_fails(fd) ? -1 : NEXT(fdatasync)(fd); }

ssize_t write(int fd, const void *bytes, size_t count)
{
    return write_fails(fd) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_fails(fd) ? -1 : NEXT(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return write_fails(fd) ? -1 : NEXT(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    return write_fails(fd) ? -1 : NEXT(pwrite64)(fd, bytes, count, offset);
}

int ftruncate(int fd, off_t length) { return write_fails(fd) ? -1 : NEXT(ftruncate)(fd, length); }

int ftruncate64(int fd, off64_t length) { return write_fails(fd) ? -1 : NEXT(ftruncate64)(fd, length); }
