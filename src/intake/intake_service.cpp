#include "intake/intake_service.h"
