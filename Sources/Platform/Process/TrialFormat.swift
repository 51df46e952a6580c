#if DEBUG
  internal import Glibc
#endif

/// The format of the log that a process for a trial pretends to know beyond that of its version:
/// `POSTERN_FORMAT=2` makes of it the next version, which reads that format, and writes it once it
/// is in force. A release build has none of this.
package enum TrialFormat {
  #if DEBUG
    /// The newest format that it knows; nil: that of its version.
    // SAFETY: nothing changes the environment after the start, and the value is copied.
    package static let newest: UInt32? = unsafe getenv("POSTERN_FORMAT").map { text in
      guard let format = UInt32(unsafe String(cString: text)), format > 0 else {
        fatalError("POSTERN_FORMAT is not a format")
      }
      return format
    }
  #else
    /// None.
    package static var newest: UInt32? { nil }
  #endif
}
