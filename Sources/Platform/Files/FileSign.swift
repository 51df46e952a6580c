internal import CLinux

/// A sign on an open file that other processes can see: a lock on a byte far behind its end
/// (F_OFD_SETLK of fcntl(2)). It needs no room on the disk, and ends with its process.
package enum FileSign {
  private static let offset: Int64 = 1 << 62

  /// Gives the sign, or takes it back.
  ///
  /// - Throws: `Errno`, `wouldBlock` where another process gives it.
  package static func set(_ isGiven: Bool, on descriptor: Int32) throws(Errno) {
    _ = try SystemCall.value { clinux_lock_byte(descriptor, offset, isGiven) }
  }

  /// Whether it is given on the same file, opened elsewhere.
  package static func isGiven(on descriptor: Int32) throws(Errno) -> Bool {
    try SystemCall.value { clinux_is_byte_locked(descriptor, offset) } == 1
  }
}
