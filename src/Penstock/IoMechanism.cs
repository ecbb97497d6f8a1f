namespace Penstock;

/// <summary>How a loop learns what its sockets can do.</summary>
public enum IoMechanism
{
    /// <summary>The best that works on this machine.</summary>
    Auto,

    /// <summary>
    /// Linux <c>io_uring</c>, 6.1 or later: the kernel accepts and receives by itself, and is told everything
    /// else in one call a turn. Where the machine refuses it, the best of the others takes its place, and
    /// <see cref="LoopGroup.Description"/> says why.
    /// </summary>
    IoUring,

    /// <summary>Linux <c>epoll</c>: the kernel keeps the list of sockets.</summary>
    Epoll,

    /// <summary>
    /// POSIX <c>poll</c>: the list is passed with every call, so its cost grows with the connections.
    /// </summary>
    Poll,

    /// <summary>Tries every socket over and over, and burns a whole core doing so. For study.</summary>
    BusyWait,

    /// <summary>
    /// kqueue: macOS and the BSDs; on Linux where libkqueue is installed, or named by the environment variable
    /// <c>PENSTOCK_KQUEUE_LIBRARY</c>.
    /// </summary>
    Kqueue,

    /// <summary>
    /// .NET's own sockets, whose completions are brought to the loop. Slower, but everywhere, Windows included.
    /// </summary>
    Sockets,

    /// <summary>
    /// One thread that serves one connection to its end and then the next; the others wait in the backlog. Always one
    /// loop, whatever <see cref="LoopOptions.Count"/> says. For study, and for peers that come one at a time.
    /// </summary>
    Blocking,

    /// <summary>
    /// A thread for every connection, up to <see cref="LoopOptions.MaxConnectionThreads"/>, and one that accepts. There
    /// is a handler for each thread: what handlers share needs a lock.
    /// </summary>
    ThreadPerConnection,
}
