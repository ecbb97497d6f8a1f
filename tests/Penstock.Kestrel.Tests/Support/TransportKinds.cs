using Microsoft.AspNetCore.Hosting;

namespace Penstock.Kestrel.Tests;

/// <summary>Puts a host on a transport. The mechanism is that of <see cref="TestIo"/>.</summary>
internal static class TransportKinds
{
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
            options.IoMechanism = TestIo.Mechanism;
            options.LoopCount = 2;
            options.MaxConnections = 1_024;
            options.MaxReadBufferSize = maxReadBuffer ?? options.MaxReadBufferSize;
            options.MaxWriteBufferSize = maxWriteBuffer ?? options.MaxWriteBufferSize;
        });
    }

    public static ApplicationScheduling SchedulingOf(TransportKind kind) =>
        kind == TransportKind.Inline ? ApplicationScheduling.Inline : ApplicationScheduling.ThreadPool;
}
