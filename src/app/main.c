#include "app/app.h"

int main(int count, char **arguments) {
    return app_main(count, arguments);
}
