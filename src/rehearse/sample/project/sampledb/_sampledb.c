/* An empty module; the wheels of a rehearsal hold what a compiler makes of it. */

#include <Python.h>

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sampledb",
};

PyMODINIT_FUNC
PyInit__sampledb(void)
{
    return PyModuleDef_Init(&definition);
}
