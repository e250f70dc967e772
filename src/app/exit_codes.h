// What the process tells its caller (sysexits.h where it has a name for it).
#pragma once

namespace lazaret {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings =
    1;  // `inspect`: not clean; `init`: a store is not as it should be; `quarantine`: not in it
inline constexpr int kExitError = 2;  // `inspect`: a document could not be judged
inline constexpr int kExitUsage = 64;
inline constexpr int kExitUnavailable = 69;  // the service could not start: a store, the inspector, the port
inline constexpr int kExitCannotCreate = 73;
inline constexpr int kExitConfig = 78;

}  // namespace lazaret
