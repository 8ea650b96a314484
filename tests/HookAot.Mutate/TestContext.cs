using System.Reflection;
using System.Runtime.Loader;

namespace HookAot.Mutate;

/// <summary>The tests beside one version of the product. What both use besides is shared by all.</summary>
internal sealed class TestContext : AssemblyLoadContext
{
    private readonly Assembly product;

    /// <summary>Loads both.</summary>
    /// <param name="product">The product's assembly.</param>
    /// <param name="tests">The bytes of the tests' assembly.</param>
    public TestContext(byte[] product, byte[] tests)
        : base(isCollectible: true)
    {
        this.product = LoadFromStream(new MemoryStream(product));
        Tests = LoadFromStream(new MemoryStream(tests));
    }

    /// <summary>The tests.</summary>
    public Assembly Tests { get; }

    /// <summary>Everything else is in the folder of the tests.</summary>
    public static void ShareFrom(string folder) => Default.Resolving += (context, name) =>
    {
        var path = Path.Combine(folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(Path.GetFullPath(path)) : null;
    };

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName) =>
        assemblyName.Name == "hookaot" ? product : null;
}
