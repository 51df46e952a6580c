/// Which user and group ids of this process's user namespace may stand for anybody.
///
/// In a namespace that doesn't map every id of the machine, the kernel shows one and the same id
/// for all that it has no other for: the overflow id, usually 65534. Two processes of it may be two
/// users. In the initial namespace every id is mapped, and 65534 is a user as any other.
package struct UserNamespace: Sendable {
  /// The user id that stands for every user without one here; nil where all have one.
  package let strangerUserID: UInt32?
  /// The group id that stands for every group without one here; nil where all have one.
  package let strangerGroupID: UInt32?

  /// The namespace of this process. What /proc doesn't tell is taken for the worse.
  package static let current = UserNamespace(
    userMap: read("/proc/self/uid_map"), overflowUserID: read("/proc/sys/kernel/overflowuid"),
    groupMap: read("/proc/self/gid_map"), overflowGroupID: read("/proc/sys/kernel/overflowgid"))

  /// Reads what the files of /proc hold; nil for one that can't be read.
  package init(
    userMap: String?, overflowUserID: String?, groupMap: String?, overflowGroupID: String?
  ) {
    strangerUserID = Self.mapsAll(userMap) ? nil : Self.id(overflowUserID)
    strangerGroupID = Self.mapsAll(groupMap) ? nil : Self.id(overflowGroupID)
  }

  /// Whether there is one range of all ids: from 0, and as long as there are numbers but the last,
  /// which means nobody.
  private static func mapsAll(_ map: String?) -> Bool {
    let numbers = map?.split { $0.isWhitespace }.map { UInt32($0) }
    return numbers?.count == 3 && numbers?[0] == 0 && numbers?[2] == UInt32.max
  }

  /// The kernel's default, where another isn't known.
  private static func id(_ text: String?) -> UInt32 {
    text.flatMap { UInt32($0.filter { !$0.isWhitespace }) } ?? 65534
  }

  private static func read(_ path: String) -> String? {
    guard let bytes = try? SmallFile.read(path: path, maximumBytes: 64 << 10) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
