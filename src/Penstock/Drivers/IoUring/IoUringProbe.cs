using System.Runtime.InteropServices;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;
using Penstock.Timing;

namespace Penstock.Drivers;

/// <summary>
/// Finds out whether io_uring can be used, by using it: a kernel's version says little, since distributions carry
/// features back, and what administrators and containers forbid no version tells.
/// </summary>
/// <param name="settingPath">Where the kernel shows <c>kernel.io_uring_disabled</c>.</param>
internal sealed class IoUringProbe(string settingPath = IoUringProbe.SettingPath)
{
    private const string SettingPath = "/proc/sys/kernel/io_uring_disabled";
    private const int SendBytes = 512 * 1024;

    private static readonly SlotKey Slot = new(0, 1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Why io_uring cannot be used, as a sentence; null when it can.</summary>
    public string? Refusal()
    {
        if (!OperatingSystem.IsLinux())
            return "io_uring is a mechanism of Linux.";
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
            return "io_uring is driven on x64 and arm64 only.";
        try
        {
            return Exercise();
        }
        catch (IoUringException refused)
        {
            return Explain(refused.Call, refused.ErrorCode);
        }
    }

    /// <summary>What a failed call means for whoever runs this machine.</summary>
    public string Explain(string call, int errno)
    {
        if (errno == Errno.ENOSYS)
            return "the kernel has no io_uring, or a filter pretends so (ENOSYS).";
        if (errno == Errno.EPERM)
            return ExplainPermission();
        if (errno == Errno.ENOMEM)
        {
            return $"{call} found no memory (ENOMEM): "
                + "raise the memory-lock limit (ulimit -l) or the container's memory limit.";
        }

        if (errno == Errno.EINVAL)
        {
            return $"the kernel ({Environment.OSVersion.Version}) has an io_uring too old for this engine, "
                + "which needs Linux 6.1 (EINVAL).";
        }
        return $"{call} failed: {Errno.Describe(errno)}.";
    }

    private string ExplainPermission() => ReadSetting() switch
    {
        "2" => "the system setting kernel.io_uring_disabled is 2, which forbids it to everybody.",
        "1" => "the system setting kernel.io_uring_disabled is 1, which allows it to privileged processes and to the "
            + "group kernel.io_uring_group only.",
        _ => "the system call is forbidden (EPERM), as the seccomp filters of container engines do.",
    };

    private string ReadSetting()
    {
        try
        {
            return File.ReadAllText(settingPath).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Kernels before 6.6 have no such setting, and a container may hide it: then it explains nothing.
            return "";
        }
    }

    /// <summary>
    /// Runs a driver on a pair of sockets: a multishot receive into a provided buffer, and a send that falls short,
    /// which the driver must learn of.
    /// </summary>
    private static unsafe string? Exercise()
    {
        using var driver = new IoUringDriver(IoUringSizes.Default, LoopClock.System, new DriverLimits(Slots: 1));
        int* pair = stackalloc int[2];
        int error = LinuxLibc.SocketPair(pair);
        if (error < 0)
            return $"the probe has no sockets: {Errno.Describe(error)}.";
        try
        {
            driver.Attach(Slot, SocketHandle.FromDescriptor(pair[0]));
            return TryReceive(driver, pair[1]) ?? TrySend(driver);
        }
        finally
        {
            _ = Libc.Close(pair[1]);
        }
    }

    private static unsafe string? TryReceive(IoUringDriver driver, int peer)
    {
        byte sent = 42;
        _ = Libc.Send(peer, &sent, 1);
        return AwaitResult(driver, CompletionKind.Received) switch
        {
            1 => null,
            < 0 and var error => $"a multishot receive failed: {Errno.Describe(error)}.",
            _ => "a multishot receive brought the wrong number of bytes.",
        };
    }

    private static unsafe string? TrySend(IoUringDriver driver)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(SendBytes, pinned: true);
        driver.Send(Slot, [new SendSegment(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0), SendBytes)]);
        return AwaitResult(driver, CompletionKind.Sent) switch
        {
            > 0 and < SendBytes => null,
            < 0 and var error => $"a send failed: {Errno.Describe(error)}.",
            _ => "a send that fell short was not reported.",
        };
    }

    private static int AwaitResult(IoUringDriver driver, CompletionKind kind)
    {
        long deadline = LoopClock.System.Now + LoopClock.System.ToTimestamps(Patience);
        while (LoopClock.System.Now < deadline)
        {
            driver.Wait(deadline);
            while (driver.TryNext(out Completion completion))
            {
                if (completion.Kind == kind)
                    return completion.Result;
            }
        }

        return -Errno.ETIMEDOUT;
    }
}
