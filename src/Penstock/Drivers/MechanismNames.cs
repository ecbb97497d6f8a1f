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
        _ => mechanism.ToString(),
    };
}
