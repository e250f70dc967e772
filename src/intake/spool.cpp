#include "intake/spool.h"
