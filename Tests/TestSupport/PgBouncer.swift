internal import Glibc

/// PgBouncer in transaction mode before a server: each statement may get another of its sessions.
package final class PgBouncer {
  private let folder: TemporaryFolder
  private let process: ChildProcess

  /// Starts one, whose sessions are the superuser's.
  package init(before server: PostgreSQL) throws {
    folder = TemporaryFolder()
    unsafe chmod(folder.path, 0o755)
    let configuration = folder.write(
      "pgbouncer.ini",
      """
      [databases]
      * = host=\(server.folder) user=postgres
      [pgbouncer]
      listen_addr =
      unix_socket_dir = \(server.folder)
      listen_port = 6432
      pool_mode = transaction
      auth_type = any
      default_pool_size = 4
      """)
    unsafe chmod(configuration, 0o644)
    let isRoot = getuid() == 0
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
  package func string(database: String, of server: PostgreSQL) -> String {
    "host=\(server.folder) port=6432 dbname=\(database) user=postgres"
  }
}
