/// The user and group ids that are ambiguous in this process's user namespace.
///
/// If the namespace doesn't map every id of the machine, the kernel shows one id for all unmapped
/// ones: the overflow id, usually 65534. Two processes with that id may belong to two users. In the
/// initial namespace every id is mapped, and 65534 is an ordinary user.
package struct UserNamespace: Sendable {
  /// The id that the kernel shows for every unmapped user; nil if all are mapped.
  package let strangerUserID: UInt32?
  /// The id that the kernel shows for every unmapped group; nil if all are mapped.
  package let strangerGroupID: UInt32?

  /// The namespace of this process. If /proc can't be read, assumes that ids are unmapped.
  package static let current = UserNamespace(
    userMap: read("/proc/self/uid_map"), overflowUserID: read("/proc/sys/kernel/overflowuid"),
    groupMap: read("/proc/self/gid_map"), overflowGroupID: read("/proc/sys/kernel/overflowgid"))

  /// Parses the contents of the /proc files; nil for one that can't be read.
  package init(
    userMap: String?, overflowUserID: String?, groupMap: String?, overflowGroupID: String?
  ) {
    strangerUserID = Self.mapsAll(userMap) ? nil : Self.id(overflowUserID)
    strangerGroupID = Self.mapsAll(groupMap) ? nil : Self.id(overflowGroupID)
  }

  /// Whether one range maps all ids: it starts at 0 and has every number but the last, which is
  /// never a valid id.
  private static func mapsAll(_ map: String?) -> Bool {
    let numbers = map?.split { $0.isWhitespace }.map { UInt32($0) }
    return numbers?.count == 3 && numbers?[0] == 0 && numbers?[2] == UInt32.max
  }

  /// The overflow id, or the kernel's default if it can't be read.
  private static func id(_ text: String?) -> UInt32 {
    text.flatMap { UInt32($0.filter { !$0.isWhitespace }) } ?? 65534
  }

  private static func read(_ path: String) -> String? {
    guard let bytes = try? SmallFile.read(path: path, maximumBytes: 64 << 10) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
