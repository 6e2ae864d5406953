// What ends work whose caller no longer wants it.
#pragma once

namespace telltale {

/** Thrown out of loading or a decode when the job was cancelled. */
struct Cancelled {};

} // namespace telltale
