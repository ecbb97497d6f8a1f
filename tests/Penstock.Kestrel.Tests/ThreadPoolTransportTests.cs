namespace Penstock.Kestrel.Tests;

public sealed class ThreadPoolTransportTests : TransportContract
{
    private protected override TransportKind Kind => TransportKind.ThreadPool;
}
