/// The process at the other end of a connection, as the kernel named it when it connected.
package struct Peer: Sendable {
  package let userID: UInt32
  package let groupID: UInt32
  /// For people only: process ids are reused.
  package let processID: Int32
  package let role: Role

  package init(userID: UInt32, groupID: UInt32, processID: Int32, role: Role) {
    self.userID = userID
    self.groupID = groupID
    self.processID = processID
    self.role = role
  }
}
