/// Who may use a socket.
package struct SocketOwner {
  let user: String
  /// nil if its group may not, or is root's, into which nobody is to be put.
  let group: String?

  package init(user: String, group: String?) {
    self.user = user
    self.group = group
  }
}
