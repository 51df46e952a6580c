internal import Glibc

/// Looks up users and groups by name, in the databases that the machine is configured to use.
///
/// Hazard: a lookup can go over the network. Use it at the start only, not while serving.
package enum AccountName {
  /// The number of the user called `name`.
  package static func userID(_ name: String) throws(AccountNameError) -> UInt32 {
    let failure = { (error: Errno?) in AccountNameError(kind: .user, name: name, error: error) }
    return try unsafe find(name, failure: failure) { room, roomBytes, result in
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      // SAFETY: the entry points into the room; only its number is taken out.
      let code = unsafe getpwnam_r(name, &entry, room, roomBytes, &found)
      result = unsafe found == nil ? nil : entry.pw_uid
      return code
    }
  }

  /// The number of the group called `name`.
  package static func groupID(_ name: String) throws(AccountNameError) -> UInt32 {
    let failure = { (error: Errno?) in AccountNameError(kind: .group, name: name, error: error) }
    return try unsafe find(name, failure: failure) { room, roomBytes, result in
      var entry = unsafe Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      // SAFETY: the entry points into the room; only its number is taken out.
      let code = unsafe getgrnam_r(name, &entry, room, roomBytes, &found)
      result = unsafe found == nil ? nil : entry.gr_gid
      return code
    }
  }

  /// Repeats a lookup with more room until the entry fits; a large group has a long list of
  /// members.
  private static func find(
    _ name: String, failure: (Errno?) -> AccountNameError,
    _ lookUp: (UnsafeMutablePointer<CChar>, Int, inout UInt32?) -> Int32
  ) throws(AccountNameError) -> UInt32 {
    // C reads the name up to a NUL, so it would look up another name.
    guard !name.isEmpty, !name.utf8.contains(0) else { throw failure(nil) }
    var roomBytes = 1024
    while true {
      var number: UInt32?
      var room = [CChar](repeating: 0, count: roomBytes)
      let code = unsafe lookUp(&room, roomBytes, &number)
      switch code {
      case 0, ENOENT, ESRCH:
        guard let number, number != UInt32.max else { throw failure(nil) }
        return number
      case EINTR: continue
      case ERANGE where roomBytes < 16 << 20: roomBytes *= 4
      default: throw failure(Errno(code))
      }
    }
  }
}

/// Why a name has no user or group on this machine.
package struct AccountNameError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the name was looked up as.
  package enum Kind: String, Sendable {
    case user
    case group
  }

  package let kind: Kind
  package let name: String
  /// Nil if there is no such name; otherwise the error of the lookup.
  package let error: Errno?

  package init(kind: Kind, name: String, error: Errno?) {
    self.kind = kind
    self.name = name
    self.error = error
  }

  package var description: String {
    if let error { return "the \(kind.rawValue) `\(name)` can't be looked up: \(error)" }
    return "this machine has no \(kind.rawValue) `\(name)`"
  }
}
