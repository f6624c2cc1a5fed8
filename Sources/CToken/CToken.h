// PKCS#11 2.40, from Debian's libp11-kit-dev: declarations only. The module that implements them is loaded when it is used.
#include <dlfcn.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
