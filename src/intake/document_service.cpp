#include "intake/document_service.h"
