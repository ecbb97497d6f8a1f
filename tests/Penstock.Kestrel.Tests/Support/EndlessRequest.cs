using Microsoft.AspNetCore.Http;

namespace Penstock.Kestrel.Tests;

/// <summary>An application whose answer waits until the request is aborted.</summary>
internal sealed class EndlessRequest
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Started => _started.Task;

    public Task Aborted => _aborted.Task;

    public async Task RunAsync(HttpContext context)
    {
        context.RequestAborted.Register(_aborted.SetResult);
        _started.SetResult();
        await _aborted.Task;
    }
}
