using Microsoft.AspNetCore.Hosting;

namespace Penstock.Kestrel.Tests;

/// <summary>Puts a host on a transport. <c>PENSTOCK_IO</c> names the mechanism for all tests of a run.</summary>
internal static class TransportKinds
{
    /// <summary>A name that is not known throws: the tests must not run on something else than was asked for.</summary>
    public static IoMechanism Mechanism { get; } =
        Environment.GetEnvironmentVariable("PENSTOCK_IO") is { Length: > 0 } name
            ? Enum.Parse<IoMechanism>(name.Replace("_", "").Replace("-", ""), ignoreCase: true)
            : IoMechanism.Auto;

    public static void Use(
        this IWebHostBuilder host, TransportKind kind, long? maxReadBuffer = null, long? maxWriteBuffer = null)
    {
        if (kind == TransportKind.Stock)
        {
            host.UseSockets(options =>
            {
                options.MaxReadBufferSize = maxReadBuffer ?? options.MaxReadBufferSize;
                options.MaxWriteBufferSize = maxWriteBuffer ?? options.MaxWriteBufferSize;
            });
            return;
        }

        host.UsePenstock(options =>
        {
            options.ApplicationScheduling = SchedulingOf(kind);
            options.IoMechanism = Mechanism;
            options.LoopCount = 2;
            options.MaxConnections = 1_024;
            options.MaxReadBufferSize = maxReadBuffer ?? options.MaxReadBufferSize;
            options.MaxWriteBufferSize = maxWriteBuffer ?? options.MaxWriteBufferSize;
        });
    }

    public static ApplicationScheduling SchedulingOf(TransportKind kind) =>
        kind == TransportKind.Inline ? ApplicationScheduling.Inline : ApplicationScheduling.ThreadPool;
}
