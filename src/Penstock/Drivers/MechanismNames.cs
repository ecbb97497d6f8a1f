namespace Penstock.Drivers;

/// <summary>What people call the mechanisms.</summary>
internal static class MechanismNames
{
    public static string Of(IoMechanism mechanism) => mechanism switch
    {
        IoMechanism.IoUring => "io_uring",
        IoMechanism.Epoll => "epoll",
        IoMechanism.Poll => "poll",
        IoMechanism.BusyWait => "busy-wait",
        IoMechanism.Kqueue => "kqueue",
        IoMechanism.Sockets => "sockets",
        IoMechanism.Blocking => "blocking",
        IoMechanism.ThreadPerConnection => "thread-per-connection",
        _ => mechanism.ToString(),
    };
}
