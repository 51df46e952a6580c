internal import Glibc

/// What root makes in a folder of somebody else.
package enum FolderOwner {
  /// By root only: gives what is at `path`, not what it links to, to whoever the folder that it is
  /// in belongs to. Everybody else's files are their own already.
  package static func adopt(_ path: String) throws(Errno) {
    guard ProcessControl.userID == 0 else { return }
    let folder = try FileStatus(path: folder(of: path), followingLinks: true)
    // SAFETY: the call reads a terminated string.
    _ = try SystemCall.value { unsafe lchown(path, folder.userID, folder.groupID) }
  }

  /// The path of the folder that `path` is in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
