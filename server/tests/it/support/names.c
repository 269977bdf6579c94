/* Between the hub and the system's resolver: `rebind.test` is a public address when it is asked for first, and this
 * machine from then on. Every other name is what it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    static int asked;
    if (!real) {
        real = (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (node && strcmp(node, "rebind.test") == 0) {
        node = __sync_fetch_and_add(&asked, 1) == 0 ? "8.8.8.8" : "127.0.0.1";
    }
    return real(node, service, hints, found);
}
