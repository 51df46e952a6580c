"""A proxy of our own between one daemon and its database, on Unix sockets.

It knows where messages begin and end. At a chosen message of a chosen statement it cuts the connection,
delays what comes or lets it hang: before the message is passed on, after half of it, or behind it. What
it met it counts. Two threads a connection, one each way.
"""

import collections
import os
import select
import socket
import threading
import time
from dataclasses import dataclass

from messages import Backend, Frontend, purpose

PORT = 5432
# What a client sends for a statement with parameters, and what a server answers.
FRONTEND, BACKEND = "PBDESQ", "12nTDCZ"
PLACES = ("before", "half", "behind")


@dataclass(frozen=True)
class Point:
    """At which message a fault happens, and how."""

    statement: str  # as in `messages.PURPOSES`
    side: str  # "to" the server, or "from" it
    letter: str
    place: str  # "before" the message, "half" of it, or "behind" it
    # `cut`: the connection ends. `delay`: it goes on after a while. `last`: as that, and then it ends.
    # `stall`: nothing comes any more. `late`: the client's connection ends, and the server gets all of
    # the statement after a while.
    way: str

    def __str__(self):
        return f"{self.statement} {self.side} {self.letter} {self.place} {self.way}"


def points(statement, ways=("cut",)):
    """Every point of a statement at which these ways can happen."""
    sides = [("to", letter) for letter in FRONTEND] + [("from", letter) for letter in BACKEND]
    return [
        Point(statement, side, letter, place, way)
        for way in ways for side, letter in sides for place in PLACES
        if way != "late" or (side, place) == ("to", "before")]


class Proxy:
    def __init__(self, folder, upstream):
        self.folder, self.upstream = folder, upstream  # `upstream`: the path of a socket
        os.makedirs(folder, exist_ok=True)
        self.path = f"{folder}/.s.PGSQL.{PORT}"
        self.lock = threading.Lock()
        self.flows = threading.Event()  # clear: everything hangs
        self.flows.set()
        self.accepts = True  # False: new connections are closed
        self.plan = None  # a point, and for how many seconds it delays
        self.hits = collections.Counter()
        self.seen = set()  # statement, side and letter of what passed
        self.cancels = 0  # requests to cancel a statement, which a daemon must never send
        self.connections = set()
        self.is_closed = False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    # What a trial does with it.

    def arm(self, point, seconds=0.3):
        """The next message that fits meets the fault, and none after it."""
        with self.lock:
            self.plan = (point, seconds)

    def disarm(self):
        """Takes a fault back that nothing has met; whether there was one."""
        with self.lock:
            was_armed, self.plan = self.plan is not None, None
        return was_armed

    def cut(self):
        """Ends every connection; new ones are let in."""
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.end()

    def refuse(self):
        self.accepts = False
        self.cut()

    def freeze(self):
        """Nothing passes, and neither side is told."""
        self.flows.clear()

    def heal(self):
        """Lets everything pass again. Connections that hung are cut, as a network loses its state."""
        self.disarm()
        self.accepts = True
        with self.lock:
            stalled = [connection for connection in self.connections if connection.is_stalled]
        for connection in stalled:
            connection.end()
        self.flows.set()

    def lead_to(self, upstream):
        """Where new connections go; those that are open are cut."""
        self.upstream = upstream
        self.cut()

    def close(self):
        self.is_closed = True
        self.flows.set()
        # Wakes `accept`, which a mere close does not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.acceptor.join()
        self.cut()

    # How it works.

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.accepts or self.is_closed:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.upstream)
            except OSError:
                client.close()
                server.close()
                continue
            connection = Connection(self, client, server)
            with self.lock:
                self.connections.add(connection)
            connection.start()

    def take_plan(self, statement, side, letter):
        """The fault for this message, if it is its turn, which is over then."""
        if self.plan is None:
            return None
        with self.lock:
            if self.plan is None:
                return None
            point, seconds = self.plan
            if (point.statement, point.side, point.letter) != (statement, side, letter):
                return None
            self.plan = None
            self.hits[point] += 1
            return point, seconds


class Cut(Exception):
    """The connection is to end here."""


class Connection:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.frontend, self.backend = Frontend(), Backend()
        self.statement = None  # what the statement under way is for
        self.is_stalled = False
        self.over = threading.Event()
        self.lives = 2
        self.lock = threading.Lock()

    def start(self):
        for run in (self.pass_requests, self.pass_answers):
            threading.Thread(target=run, daemon=True).start()

    def end(self):
        """Wakes both threads, the last of which closes the sockets."""
        self.over.set()
        for each in (self.client, self.server):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_requests(self):
        self.relay(self.client, self.server, self.frontend, "to")

    def pass_answers(self):
        self.relay(self.server, self.client, self.backend, "from")

    def relay(self, source, sink, messages, side):
        try:
            while data := source.recv(65536):
                messages.feed(data)
                while (message := messages.take()) is not None:
                    self.wait_for_flow()
                    self.forward(message, source, sink, side)
        except (OSError, Cut):
            pass
        self.end()
        with self.lock:
            self.lives -= 1
            if self.lives:
                return
        self.client.close()
        self.server.close()
        with self.proxy.lock:
            self.proxy.connections.discard(self)

    def wait_for_flow(self):
        while not self.proxy.flows.wait(0.05):
            if self.over.is_set():
                raise Cut

    def forward(self, message, source, sink, side):
        letter, data = message
        if side == "to":
            if letter == "tls":
                self.backend.bare += 1
            self.proxy.cancels += letter == "cancel"
            self.statement = purpose(letter, data) or self.statement
        self.proxy.seen.add((self.statement, side, letter))
        fault = self.proxy.take_plan(self.statement, side, letter)
        if fault is None:
            sink.sendall(data)
            return
        point, seconds = fault
        if point.way == "late":
            self.deliver_late(data, source, sink, seconds)
        sent = {"before": 0, "half": len(data) // 2, "behind": len(data)}[point.place]
        sink.sendall(data[:sent])
        if point.way == "cut":
            raise Cut
        if point.way == "stall":
            self.is_stalled = True
            self.over.wait()
            raise Cut
        self.over.wait(seconds)
        sink.sendall(data[sent:])
        if point.way == "last":
            raise Cut

    def deliver_late(self, data, source, sink, seconds):
        """The client hears that the connection has ended; the server gets the statement later."""
        held = data + self.frontend.bytes
        while select.select([source], [], [], 0.02)[0] and (more := source.recv(65536)):
            held += more
        self.client.shutdown(socket.SHUT_RDWR)
        time.sleep(seconds)
        sink.sendall(held)
        # The database answers, and the answer is dropped.
        self.over.wait(seconds)
        raise Cut
