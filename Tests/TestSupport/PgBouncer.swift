internal import Glibc

/// PgBouncer in transaction mode before a server: each statement may get another of its sessions.
package final class PgBouncer {
  private let folder: TemporaryFolder
  private let process: ChildProcess

  /// Starts one, whose sessions are the superuser's.
  package init(before server: PostgreSQL) throws {
    folder = TemporaryFolder()
    let configuration = folder.write(
      "pgbouncer.ini",
      """
      [databases]
      * = host=\(server.folder) user=postgres
      [pgbouncer]
      listen_addr =
      unix_socket_dir = \(folder.path)
      listen_port = 6432
      pool_mode = transaction
      auth_type = any
      default_pool_size = 4
      """)
    // As the server, it refuses to run as root.
    let isRoot = getuid() == 0
    if isRoot, let user = unsafe getpwnam("postgres")?.pointee {
      for path in [folder.path, configuration] {
        unsafe chown(path, user.pw_uid, user.pw_gid)
      }
    }
    process = try ChildProcess(
      isRoot ? "/usr/bin/setpriv" : "/usr/sbin/pgbouncer",
      (isRoot
        ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", "/usr/sbin/pgbouncer"] : [])
        + [configuration])
    try process.waitForOutput("process up")
    try process.collectOutput()
  }

  deinit {
    process.signal(SIGTERM)
    _ = try? process.wait()
  }

  /// The connection string of a database through it.
  package func string(database: String) -> String {
    "host=\(folder.path) port=6432 dbname=\(database) user=postgres"
  }
}
