internal import Fleet

/// The tables of a fleet, in a schema that is always named.
package enum FleetSchema {
  /// Makes the schema and begins a fleet in it, in one transaction: of two at once, one wins, and
  /// the other gets an error. The fleet is not ready before its first log is whole.
  ///
  /// No text of a user is in it.
  static func script(beginning fleet: FleetRow) -> String {
    """
    \(tables)
    insert into postern.fleet (id, epoch, term, format, lease) select
      '\(fleet.id)'::uuid, \(Int64(bitPattern: fleet.epoch)), \(fleet.term), \(fleet.format),
      \(fleet.leaseNanoseconds) where \(Request.isDurable);
    """
  }

  /// What an administrator lets a role do: a host that writes, or one that only follows. Each role
  /// has its own rows of members, by row-level security.
  package static func grants(role: String, isWriting: Bool) -> String {
    let parts = role.split(separator: "\"", omittingEmptySubsequences: false)
    let name = "\"\(parts.joined(separator: "\"\""))\""
    let writing = """
      grant insert on postern.log to \(name);
      grant execute on function postern.append to \(name);
      grant update (turns, turn_until, format) on postern.fleet to \(name);

      """
    return """
      grant usage on schema postern to \(name);
      grant select on postern.fleet, postern.log to \(name);
      grant execute on function postern.present_turns to \(name);
      \(isWriting ? writing : "")grant select, insert, delete on postern.member, postern.report \
      to \(name);
      grant update (host, seq, term, applied, hash, format, seen, session) on postern.member \
      to \(name);
      grant update (host, seq, term, head, hash, trouble, seen) on postern.report to \(name);

      """
  }

  /// Counts up with each change of the tables, functions or grants. A fleet whose tables have
  /// another number is not touched.
  static let version: UInt32 = 1

  /// The most bytes that the entries of a row may have.
  package static let maximumRowBytes = 32 << 20

  /// Every role reads the table, and writes only its own rows.
  private static func ownRows(of table: String) -> String {
    """
    alter table postern.\(table) enable row level security;
    create policy all_read on postern.\(table) for select using (true);
    create policy own_insert on postern.\(table) for insert with check (role = current_user);
    create policy own_update on postern.\(table) for update using (role = current_user);
    create policy own_delete on postern.\(table) for delete using (role = current_user);
    """
  }

  private static let tables = """
    create schema postern;
    create table postern.fleet (
      one boolean primary key default true check (one),
      id uuid not null,
      epoch bigint not null,
      term bigint not null check (term > 0),
      format integer not null check (format > 0),
      lease bigint not null check (lease > 0),
      ready boolean not null default false,
      turns uuid[] not null default '{}',
      turn_until timestamptz,
      version integer not null default \(version),
      made timestamptz not null default clock_timestamp()
    );
    create table postern.log (
      first bigint primary key check (first > 0),
      last bigint not null unique check (last >= first),
      term bigint not null,
      report boolean not null,
      entries bytea not null check (octet_length(entries) <= \(maximumRowBytes)),
      hash bytea not null check (octet_length(hash) = 32)
    );
    create table postern.report (
      instance uuid primary key,
      host text not null check (octet_length(host) <= 255),
      seq bigint not null,
      term bigint not null,
      head bigint not null,
      hash bytea not null check (octet_length(hash) = 32),
      trouble text not null check (octet_length(trouble) <= 32),
      seen timestamptz not null default clock_timestamp(),
      role name not null default current_user
    );
    create table postern.member (
      instance uuid primary key,
      host text not null check (octet_length(host) <= 255),
      seq bigint not null,
      term bigint not null,
      applied bigint not null,
      hash bytea not null check (octet_length(hash) = 32),
      format integer not null,
      seen timestamptz not null default clock_timestamp(),
      session integer,
      role name not null default current_user
    );
    \(["member", "report"].map(ownRows).joined(separator: "\n"))
    alter table postern.log alter column entries set storage external;
    \(Request.presenting)
    \(Request.appending)
    comment on schema postern is 'the log and the members of a fleet of Postern';
    comment on column postern.fleet.lease is 'nanoseconds';
    comment on column postern.fleet.version is 'of these tables';
    comment on column postern.member.session is 'the process that serves it here, in its turn';
    """
}
