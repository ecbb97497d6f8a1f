namespace Penstock;

/// <summary>How a loop learns what its sockets can do.</summary>
public enum IoMechanism
{
    /// <summary>The best that works on this machine.</summary>
    Auto,

    /// <summary>Linux <c>io_uring</c>, 6.1 or later: the kernel accepts and receives by itself, and is told everything else
    /// in one call a turn.</summary>
    IoUring,

    /// <summary>Linux <c>epoll</c>: the kernel keeps the list of sockets.</summary>
    Epoll,

    /// <summary>POSIX <c>poll</c>: the list is passed with every call, so its cost grows with the connections.</summary>
    Poll,

    /// <summary>Tries every socket over and over, and burns a whole core doing so. For study.</summary>
    BusyWait,
}
